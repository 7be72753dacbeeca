package culvert.dialect.bore;

import culvert.net.Connection;
import culvert.net.ForwardingConnection;
import culvert.net.ReplayedConnection;
import culvert.protocol.ProtocolException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The messages on one connection, each JSON text with a zero byte behind it. One thread reads. A
 * write is one write of the connection, so that whoever writes from several threads needs no more
 * than an order among them.
 */
final class JsonFrames {

  /** Longest text, in bytes. */
  static final int MAX_BYTES = 256;

  /** What bore says of a frame that is longer. */
  static final String TOO_LONG = "frame error, invalid byte length";

  private final Connection connection;

  /** What was read and not taken yet, from its position to its limit. */
  private final ByteBuffer buffer = ByteBuffer.allocate(MAX_BYTES + 1).limit(0);

  /** Nothing is read yet. */
  JsonFrames(Connection connection) {
    this.connection = connection;
  }

  /**
   * Waits for the next of a client's messages.
   *
   * @return nothing at the end of the stream, or where the client says null instead
   * @throws ProtocolException in bore's words, if it is none or too long
   */
  Optional<ClientMessage> ofClient() throws IOException {
    Optional<Json.Named> named = named();
    return named.isEmpty() ? Optional.empty() : Optional.of(ClientMessage.of(named.get()));
  }

  /** The same for a server's. */
  Optional<ServerMessage> ofServer() throws IOException {
    Optional<Json.Named> named = named();
    return named.isEmpty() ? Optional.empty() : Optional.of(ServerMessage.of(named.get()));
  }

  private Optional<Json.Named> named() throws IOException {
    Optional<byte[]> frame = frame();
    if (frame.isEmpty()) {
      return Optional.empty();
    }
    return switch (Json.read(frame.get())) {
      case Json.Frame.Message message -> Optional.of(message.named());
      case Json.Frame.Null none -> Optional.empty();
    };
  }

  /** Bytes without a zero before the end of the stream are a frame too. */
  private Optional<byte[]> frame() throws IOException {
    for (; ; ) {
      int length = length();
      if (length >= 0) {
        byte[] frame = take(length);
        buffer.get();
        return Optional.of(frame);
      }
      if (buffer.remaining() > MAX_BYTES) {
        throw new ProtocolException(TOO_LONG);
      }
      if (!more()) {
        return buffer.hasRemaining() ? Optional.of(take(buffer.remaining())) : Optional.empty();
      }
    }
  }

  /** How many bytes stand before the first zero; -1 if there is none. */
  private int length() {
    for (int i = buffer.position(); i < buffer.limit(); i++) {
      if (buffer.get(i) == 0) {
        return i - buffer.position();
      }
    }
    return -1;
  }

  private byte[] take(int length) {
    byte[] taken = new byte[length];
    buffer.get(taken);
    return taken;
  }

  private boolean more() throws IOException {
    buffer.compact();
    try {
      return connection.input().read(buffer) >= 0;
    } finally {
      buffer.flip();
    }
  }

  /** Says messages in one write. */
  void write(ClientMessage... messages) throws IOException {
    var text = new StringBuilder();
    for (ClientMessage message : messages) {
      text.append(message.json()).append('\0');
    }
    write(text);
  }

  /** The same for a server's. */
  void write(ServerMessage... messages) throws IOException {
    var text = new StringBuilder();
    for (ServerMessage message : messages) {
      text.append(message.json()).append('\0');
    }
    write(text);
  }

  private void write(StringBuilder text) throws IOException {
    connection.output().write(text.toString().getBytes(StandardCharsets.UTF_8));
    connection.output().flush();
  }

  /**
   * The connection, once there are no more messages: what was read of it comes first, and what was
   * said on it does not count.
   */
  Connection rest() {
    var rest = new Rest(connection);
    return buffer.hasRemaining() ? ReplayedConnection.of(rest, buffer) : rest;
  }

  private static final class Rest extends ForwardingConnection {
    private final long said;

    Rest(Connection connection) {
      super(connection);
      this.said = connection.sent();
    }

    @Override
    public long sent() {
      return super.sent() - said;
    }
  }
}
