package culvert.dialect.bore;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.BoreSecret;
import culvert.config.RemoteAddress;
import culvert.net.HostPort;
import culvert.observe.Counter;
import culvert.remote.RemoteProxy;
import culvert.testing.Eventually;
import culvert.testing.RolePair;
import culvert.testing.TestClient;
import culvert.testing.TestServer;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import java.util.stream.Stream;

/** Remote proxies that serve bore clients at the control address, and such clients. */
final class SharedPort {

  static final HostPort ANY_PORT = new HostPort("127.0.0.1", 0);

  private SharedPort() {}

  static RolePair.Options shared(RolePair.Options options, String secret) {
    return secret == null
        ? options.boreAtControl(BoreServer.PORTS)
        : options.boreAtControl(BoreServer.PORTS, BoreSecret.of(secret));
  }

  static RolePair.Options shared(String secret) {
    return shared(new RolePair.Options(), secret);
  }

  static RemoteAddress control(RemoteProxy remote) {
    return new RemoteAddress.Direct(remote.controlAddress());
  }

  static void assertServed(HostPort address) throws IOException {
    try (Socket visitor = TestClient.dial(address)) {
      TestClient.assertEchoes(visitor, "hello");
    }
  }

  /**
   * Checks that a visitor of a client is served. On a busy host the client may miss the time for
   * one of its messages, which is counted; no visitor may be lost otherwise.
   */
  static void assertServedUnlessLate(RemoteProxy remote, HostPort address) throws Exception {
    Eventually.within(RolePair.LIMIT, () -> assertServed(address));
    long late =
        sum(remote, Counter.PROTOCOL_ERRORS, Counter.REFUSED_PEERS, Counter.SLOW_HANDSHAKES);
    assertThat(sum(remote, Counter.OPENS_FAILED, Counter.VISITORS_UNSERVED))
        .isLessThanOrEqualTo(late);
  }

  private static long sum(RemoteProxy remote, Counter... counters) {
    return Stream.of(counters).mapToLong(remote.counters()::get).sum();
  }

  static void assertServes(RemoteProxy remote, String secret) throws Exception {
    var options = new Client.Options().secret(secret);
    try (var server = TestServer.echo();
        var client = new Client(remote.controlAddress(), server.address(), options)) {
      assertServedUnlessLate(remote, client.announced());
    }
  }

  static Client client(HostPort address, TestServer server, String secret) {
    return new Client(address, server.address(), new Client.Options().secret(secret));
  }

  /** Answers the challenge on a new connection. */
  static BoreMessages authenticated(HostPort address, String secret) throws IOException {
    var connection = new BoreMessages(TestClient.dial(address));
    answer(connection, secret);
    return connection;
  }

  static void answer(BoreMessages connection, String secret) throws IOException {
    UUID challenge = UUID.fromString(connection.receive().substring(14, 50));
    String answer = ChallengeResponse.to(challenge, BoreSecret.of(secret));
    connection.send(new ClientMessage.Authenticate(answer).json());
  }

  /** Logs a client in; returns its control connection and its port. */
  static BoreServer.Joined join(HostPort address, String secret) throws IOException {
    return join(authenticated(address, secret));
  }

  /** Logs a client without a secret in. */
  static BoreServer.Joined join(HostPort address) throws IOException {
    return join(new BoreMessages(TestClient.dial(address)));
  }

  static BoreServer.Joined join(BoreMessages control) throws IOException {
    control.send("{\"Hello\":0}");
    int port = Integer.parseInt(control.receive().replaceAll("\\D", ""));
    assertThat(control.receive()).isEqualTo("\"Heartbeat\"");
    return new BoreServer.Joined(control, port);
  }

  static HostPort visited(BoreServer.Joined client) {
    return new HostPort("127.0.0.1", client.port());
  }

  /** Opens the data channel of the client's next visitor. */
  static BoreMessages channel(HostPort address, BoreServer.Joined client) throws IOException {
    var channel = new BoreMessages(TestClient.dial(address));
    channel.send("{\"Accept\":\"" + client.control().announced() + "\"}");
    return channel;
  }

  /** Returns what the remote proxy sends to a peer that sends this text, until the end. */
  static String answerTo(RemoteProxy remote, String text) throws IOException {
    try (Socket peer = TestClient.dial(remote.controlAddress())) {
      peer.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
      return new String(peer.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }
}
