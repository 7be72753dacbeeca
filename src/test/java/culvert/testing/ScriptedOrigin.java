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

/** An origin proxy, or an unauthenticated client, that follows a test's script. */
public final class ScriptedOrigin implements AutoCloseable {

  private static final int STREAMS = 64;

  private final Socket socket = new Socket();
  private final ByteArrayOutputStream login = new ByteArrayOutputStream();

  /**
   * Connects to a remote proxy.
   *
   * @param source the source address of the connection, such as {@code 127.0.0.7}
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

  /** Sends these bytes. */
  public void send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
  }

  /** Runs the handshake in version 1 of the protocol, in which each offer is answered. */
  public void logIn(String name, byte[] instance, String secret) throws IOException {
    var key = Secret.of(secret).key();
    var self = new Handshake.Local(instance, STREAMS, STREAMS, name, List.of(key));
    BareLogin.dial(BareLogin.inVersion1(self), socket.getInputStream(), recording());
  }

  /** Runs the handshake in the current version of the protocol. */
  public void logInCurrent(String name, byte[] instance, String secret) throws IOException {
    var key = Secret.of(secret).key();
    var self = new Handshake.Local(instance, STREAMS, STREAMS, name, List.of(key));
    BareLogin.dial(self, socket.getInputStream(), socket.getOutputStream());
  }

  /**
   * Asks to share a service; returns OFFERED or DECLINED. Requires a login in the current version.
   */
  public Message share(String service) throws IOException {
    send(0, new Message.Offer(service));
    send(0, new Message.Register(true));
    return receiveAnswer();
  }

  /** Returns the next message but SHARED, which comes whenever another session changes. */
  public Message receiveAnswer() throws IOException {
    Message answer = receive();
    while (answer instanceof Message.Shared) {
      answer = receive();
    }
    return answer;
  }

  private OutputStream recording() throws IOException {
    return new FilterOutputStream(socket.getOutputStream()) {
      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        login.write(bytes, offset, length);
        out.write(bytes, offset, length);
      }
    };
  }

  /** Returns the bytes sent by {@link #logIn}. */
  public byte[] recordedLogin() {
    return login.toByteArray();
  }

  /** Sends a message on a stream, or on the session if {@code stream} is 0. */
  public void send(long stream, Message message) throws IOException {
    MessageSocket.send(socket, stream, message);
  }

  /** Returns the remote proxy's next message other than a ping. */
  public Message receive() throws IOException {
    return MessageSocket.receive(socket);
  }

  /** Offers a service and returns the answer. */
  public Message.Offered offer(String service) throws IOException {
    send(0, new Message.Offer(service));
    Message message = receive();
    if (message instanceof Message.Offered answer) {
      return answer;
    }
    throw new IOException(message + " received instead of an answer");
  }

  /** Waits until the remote proxy closes or resets the connection. */
  public void awaitEnd() {
    try {
      socket.getInputStream().transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      // A reset also ends the connection.
    }
  }

  /** Resets the connection. */
  public void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
