package culvert.testing;

import culvert.config.Secret;
import culvert.net.HostPort;
import culvert.protocol.Handshake;
import culvert.protocol.Message;
import culvert.protocol.PeerRefusedException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A remote proxy without a secret that accepts logins and then follows the test's script. */
public final class ScriptedRemote implements AutoCloseable {

  private static final int STREAMS = 64;
  private static final String SERVICE = "default";

  private final ServerSocket server;

  /** Listens on a free loopback port. */
  public ScriptedRemote() throws IOException {
    server = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
    server.setSoTimeout((int) RolePair.LIMIT.toMillis());
  }

  /** Returns the address at which origin proxies log in. */
  public HostPort address() {
    return new HostPort("127.0.0.1", server.getLocalPort());
  }

  /** Waits for an origin proxy, accepts its login, and reads its offer of the default service. */
  public Login accept() throws IOException {
    return accept(SERVICE);
  }

  /** Accepts a login like {@link #accept()} and expects an offer of {@code offer}. */
  public Login accept(String offer) throws IOException {
    return new Login(server.accept(), offer);
  }

  /** Accepts a login like {@link #accept()} if an origin proxy connects within {@code limit}. */
  public Optional<Login> accept(Duration limit) throws IOException {
    server.setSoTimeout((int) Math.max(1, limit.toMillis()));
    try {
      return Optional.of(accept());
    } catch (SocketTimeoutException e) {
      return Optional.empty();
    } finally {
      server.setSoTimeout((int) RolePair.LIMIT.toMillis());
    }
  }

  /** Waits for an origin proxy, accepts its login, and waits until it disconnects. */
  public void acceptLogin() throws IOException {
    try (Socket socket = server.accept()) {
      handshake(socket, Optional.empty());
      socket.getInputStream().readAllBytes();
    }
  }

  /** Waits for an origin proxy and rejects it because it lacks the secret. */
  public void rejectLogin() throws IOException {
    try (Socket socket = server.accept()) {
      handshake(socket, Optional.of(Secret.of("an unknown secret")));
      throw new AssertionError("the origin proxy has the secret");
    } catch (PeerRefusedException e) {
      // Expected.
    }
  }

  private static void handshake(Socket socket, Optional<Secret> secret) throws IOException {
    byte[] instance = Handshake.newInstance();
    var self =
        new Handshake.Local(
            instance, STREAMS, STREAMS, "", secret.map(Secret::key).stream().toList());
    BareLogin.accept(BareLogin.inVersion1(self), socket.getInputStream(), socket.getOutputStream());
  }

  /** An origin proxy's login. */
  public static final class Login implements AutoCloseable {
    private final Socket socket;

    private Login(Socket socket, String offer) throws IOException {
      this.socket = socket;
      socket.setSoTimeout((int) RolePair.LIMIT.toMillis());
      handshake(socket, Optional.empty());
      Message message = receive();
      if (!message.equals(new Message.Offer(offer))) {
        throw new IOException(message + " received instead of an offer");
      }
    }

    /** Accepts the offered service. */
    public Login acceptOffer() throws IOException {
      send(new Message.Offered(SERVICE, List.of("127.0.0.1:9"), ""));
      return this;
    }

    /** Sends a message on the session. */
    public void send(Message message) throws IOException {
      MessageSocket.send(socket, 0, message);
    }

    /** Returns the origin proxy's next message other than a ping. */
    public Message receive() throws IOException {
      return MessageSocket.receive(socket);
    }

    /** Closes the connection. */
    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
