package culvert.testing;

import culvert.config.Secret;
import culvert.net.HostPort;
import culvert.protocol.Handshake;
import culvert.protocol.Message;
import java.io.ByteArrayOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.List;

/** An origin proxy, or a stranger, that does exactly what the test tells it to. */
public final class ScriptedOrigin implements AutoCloseable {

  private static final int STREAMS = 64;

  private final Socket socket = new Socket();
  private final ByteArrayOutputStream said = new ByteArrayOutputStream();

  /**
   * Connects.
   *
   * @param source the address it comes from, such as {@code 127.0.0.7}
   */
  public ScriptedOrigin(HostPort control, String source) throws IOException {
    try {
      socket.bind(new InetSocketAddress(source, 0));
      int limit = (int) RolePair.LIMIT.toMillis();
      socket.connect(new InetSocketAddress(control.host(), control.port()), limit);
      socket.setSoTimeout(limit);
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  /** Says these bytes. */
  public void say(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
  }

  /** Runs the handshake. */
  public void logIn(String name, byte[] instance, String secret) throws IOException {
    var key = Secret.of(secret).key();
    var self = new Handshake.Local(instance, STREAMS, STREAMS, name, List.of(key));
    BareLogin.dial(self, socket.getInputStream(), recording());
  }

  private OutputStream recording() throws IOException {
    return new FilterOutputStream(socket.getOutputStream()) {
      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        said.write(bytes, offset, length);
        out.write(bytes, offset, length);
      }
    };
  }

  /** What it has said in {@link #logIn}. */
  public byte[] said() {
    return said.toByteArray();
  }

  /** Says a message of a stream, or of the session if that is 0. */
  public void say(long stream, Message message) throws IOException {
    MessageSocket.say(socket, stream, message);
  }

  /** The next message of the remote proxy's, pings left out. */
  public Message hear() throws IOException {
    return MessageSocket.hear(socket);
  }

  /** Offers a service and returns the answer. */
  public Message.Offered offer(String service) throws IOException {
    say(0, new Message.Offer(service));
    Message message = hear();
    if (message instanceof Message.Offered answer) {
      return answer;
    }
    throw new IOException(message + " where an answer was expected");
  }

  /** Waits until the remote proxy ends the connection, in whatever way. */
  public void awaitEnd() {
    try {
      socket.getInputStream().transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      // That is an end too.
    }
  }

  /** Is gone without a word. */
  public void vanish() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
