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
 * Reads and writes the messages of one connection, each a JSON text followed by a zero byte. Only
 * one thread may read. Each call of a write method is a single write to the connection, so that
 * several writing threads only have to agree on their order.
 */
final class JsonFrames {

  /** Maximum length of a text, in bytes. */
  static final int MAX_BYTES = 256;

  /** bore's error text for a longer frame. */
  static final String TOO_LONG = "frame error, invalid byte length";

  private final Connection connection;

  /** Bytes read and not consumed yet, from its position to its limit. */
  private final ByteBuffer buffer = ByteBuffer.allocate(MAX_BYTES + 1).limit(0);

  /** Wraps a connection; reads nothing yet. */
  JsonFrames(Connection connection) {
    this.connection = connection;
  }

  /**
   * Blocks until a client's next message.
   *
   * @return empty at the end of the stream, or if the client sends null instead
   * @throws ProtocolException with bore's error text, if the frame is not a message or too long
   */
  Optional<ClientMessage> readClientMessage() throws IOException {
    Optional<Json.Named> named = readNamed();
    return named.isEmpty() ? Optional.empty() : Optional.of(ClientMessage.of(named.get()));
  }

  /** Blocks until a server's next message; otherwise like {@link #readClientMessage}. */
  Optional<ServerMessage> readServerMessage() throws IOException {
    Optional<Json.Named> named = readNamed();
    return named.isEmpty() ? Optional.empty() : Optional.of(ServerMessage.of(named.get()));
  }

  private Optional<Json.Named> readNamed() throws IOException {
    Optional<byte[]> frame = readFrame();
    if (frame.isEmpty()) {
      return Optional.empty();
    }
    return switch (Json.read(frame.get())) {
      case Json.Frame.Message message -> Optional.of(message.named());
      case Json.Frame.Null none -> Optional.empty();
    };
  }

  /** Returns the next frame; bytes without a zero before the end of the stream are a frame too. */
  private Optional<byte[]> readFrame() throws IOException {
    for (; ; ) {
      int length = frameLength();
      if (length >= 0) {
        byte[] frame = take(length);
        buffer.get();
        return Optional.of(frame);
      }
      if (buffer.remaining() > MAX_BYTES) {
        throw new ProtocolException(TOO_LONG);
      }
      if (!fill()) {
        return buffer.hasRemaining() ? Optional.of(take(buffer.remaining())) : Optional.empty();
      }
    }
  }

  /** Returns the number of bytes before the first zero; -1 if there is none. */
  private int frameLength() {
    for (int i = buffer.position(); i < buffer.limit(); i++) {
      if (buffer.get(i) == 0) {
        return i - buffer.position();
      }
    }
    return -1;
  }

  private byte[] take(int length) {
    byte[] bytes = new byte[length];
    buffer.get(bytes);
    return bytes;
  }

  private boolean fill() throws IOException {
    buffer.compact();
    try {
      return connection.input().read(buffer) >= 0;
    } finally {
      buffer.flip();
    }
  }

  /** Sends messages of a client in one write. */
  void write(ClientMessage... messages) throws IOException {
    var text = new StringBuilder();
    for (ClientMessage message : messages) {
      text.append(message.json()).append('\0');
    }
    write(text);
  }

  /** Sends messages of a server in one write. */
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
   * Returns the connection for use after the last message: bytes already read come first, and bytes
   * sent so far do not count as sent.
   */
  Connection rest() {
    var rest = new Rest(connection);
    return buffer.hasRemaining() ? ReplayedConnection.of(rest, buffer) : rest;
  }

  private static final class Rest extends ForwardingConnection {
    private final long sentBefore;

    Rest(Connection connection) {
      super(connection);
      this.sentBefore = connection.sent();
    }

    @Override
    public long sent() {
      return super.sent() - sentBefore;
    }
  }
}
