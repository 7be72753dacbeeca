package culvert.dialect.bore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.config.BoreSecret;
import culvert.config.ConnectionLimits;
import culvert.config.RemoteAddress;
import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.observe.Counter;
import culvert.origin.OriginProxy;
import culvert.remote.RemoteProxy;
import culvert.testing.Eventually;
import culvert.testing.FaultyLink;
import culvert.testing.LeakCheck;
import culvert.testing.ReservedPorts;
import culvert.testing.RolePair;
import culvert.testing.SeparateRoles;
import culvert.testing.TestClient;
import culvert.testing.TestServer;
import culvert.testing.TransportVariant;
import java.io.IOException;
import java.net.ConnectException;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Native origin proxies and bore clients at one control address. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class SharedPortTest {

  private static final String TLS_HELLO = "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc";

  /** A native connection over Noise, TLS and WebSocket, and one of bore, without their ends. */
  private static final List<String> STARTS =
      List.of("CULVERT\n\0\0", TLS_HELLO, "GET / HTTP/1.1\r\nHost:", "{\"Hello\":0");

  @TempDir private Path folder;

  private static RolePair.Options shared(RolePair.Options options, String secret) {
    return secret == null
        ? options.boreAtControl(BoreServer.PORTS)
        : options.boreAtControl(BoreServer.PORTS, BoreSecret.of(secret));
  }

  private static RolePair.Options shared(String secret) {
    return shared(new RolePair.Options(), secret);
  }

  private static RemoteAddress control(RemoteProxy remote) {
    return new RemoteAddress.Direct(remote.controlAddress());
  }

  private static void assertServed(HostPort address) throws IOException {
    try (Socket visitor = TestClient.dial(address)) {
      TestClient.assertEchoes(visitor, "hello");
    }
  }

  /**
   * Checks that a client of bore and an origin proxy log in at an address and serve visitors.
   *
   * @param control leads to the control address of {@code remote}
   * @param secret of the client; null for none
   */
  private static void assertBothServe(
      RemoteProxy remote,
      HostPort control,
      SeparateRoles roles,
      RolePair.Options options,
      String secret)
      throws Exception {
    var login = new RemoteAddress.Direct(control);
    try (var server = TestServer.echo();
        var bore = new Client(control, server.address(), new Client.Options().secret(secret));
        var origin = roles.origin(server.address(), options, login)) {
      HostPort ofBore = bore.announced();
      for (int i = 0; i < 3; i++) {
        // On a busy host the client may miss the time for one of the messages.
        Eventually.within(RolePair.LIMIT, () -> assertServed(ofBore));
      }
      origin.announced();
      assertServed(remote.outsideAddresses().get("default"));
    }
  }

  @ParameterizedTest
  @EnumSource
  void bothAreServedWithEachTransport(TransportVariant transport) throws Exception {
    var options = shared(transport.options(folder), null);
    try (var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(options)) {
      assertBothServe(remote, remote.controlAddress(), roles, options, null);
    }
  }

  @ParameterizedTest
  @EnumSource
  void bothAreServedIfTheirBytesArriveOneByOne(TransportVariant transport) throws Exception {
    var options = shared(transport.options(folder), null);
    try (var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(options);
        var link = new FaultyLink(remote.controlAddress(), 1)) {
      assertBothServe(remote, link.address(), roles, options, null);
    }
  }

  /** The client waits for the challenge, on its control connection and on each data channel. */
  @Test
  void clientWithASecretIsGreeted() throws Exception {
    var options = shared("abc");
    try (var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(options)) {
      assertBothServe(remote, remote.controlAddress(), roles, options, "abc");
    }
  }

  /** Answers the challenge on a new connection. */
  private static BoreMessages authenticated(HostPort address, String secret) throws IOException {
    var connection = new BoreMessages(TestClient.dial(address));
    answer(connection, secret);
    return connection;
  }

  private static void answer(BoreMessages connection, String secret) throws IOException {
    UUID challenge = UUID.fromString(connection.receive().substring(14, 50));
    String answer = ChallengeResponse.to(challenge, BoreSecret.of(secret));
    connection.send(new ClientMessage.Authenticate(answer).json());
  }

  /** Logs a client in; returns its control connection and its port. */
  private static BoreServer.Joined join(HostPort address, String secret) throws IOException {
    return join(authenticated(address, secret));
  }

  /** Logs a client without a secret in. */
  private static BoreServer.Joined join(HostPort address) throws IOException {
    return join(new BoreMessages(TestClient.dial(address)));
  }

  private static BoreServer.Joined join(BoreMessages control) throws IOException {
    control.send("{\"Hello\":0}");
    int port = Integer.parseInt(control.receive().replaceAll("\\D", ""));
    assertThat(control.receive()).isEqualTo("\"Heartbeat\"");
    return new BoreServer.Joined(control, port);
  }

  private static Duration untilGreeted(BoreMessages silent, long dialled) throws IOException {
    assertThat(silent.receive()).startsWith("{\"Challenge\":");
    return Duration.ofNanos(System.nanoTime() - dialled);
  }

  @Test
  void silentConnectionIsGreetedAfterASecond() throws Exception {
    try (var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(shared("abc"))) {
      long dialled = System.nanoTime();
      try (var silent = new BoreMessages(TestClient.dial(remote.controlAddress()))) {
        assertThat(untilGreeted(silent, dialled)).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
      }
    }
  }

  /** The challenge comes early enough for an answer. */
  @Test
  void clientWithASecretLogsInWithinAShortHandshakeTimeout() throws Exception {
    var options = shared(new RolePair.Options().handshake(Duration.ofMillis(900)), "abc");
    try (var server = TestServer.echo();
        var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(options);
        var client =
            new Client(
                remote.controlAddress(), server.address(), new Client.Options().secret("abc"))) {
      client.announced();
    }
  }

  /** It sends nothing: only the end of the connection shows that the server has no secret. */
  @Test
  void clientWithASecretIsDisconnectedByAServerWithoutOne() throws Exception {
    try (var server = TestServer.echo();
        var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(shared((String) null));
        var client =
            new Client(
                remote.controlAddress(),
                server.address(),
                new Client.Options().secret("abc").once())) {
      assertThat(client.end()).isEqualTo(OriginProxy.End.CREDENTIALS);
      client.awaitLog("a secret is set, but the server requires none");
      roles.awaitLog("handshake failed", "no first message in time");
    }
  }

  @Test
  void missingAnswerToTheChallengeReceivesAnError() throws Exception {
    try (var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(shared("abc"));
        var silent = new BoreMessages(TestClient.dial(remote.controlAddress()))) {
      assertThat(silent.receive()).startsWith("{\"Challenge\":");
      assertThat(silent.rest())
          .isEqualTo("{\"Error\":\"timed out waiting for initial message\"}\0");
      roles.awaitLog("handshake failed", "timed out waiting for initial message");
    }
  }

  /** One visitor waits: of two silent connections, one is its data channel. */
  @Test
  void asManySilentConnectionsAreGreetedEarlyAsVisitorsWait() throws Exception {
    try (var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(shared("abc"));
        var client = join(remote.controlAddress(), "abc");
        Socket visitor = TestClient.dial(visited(client))) {
      client.control().announced();
      // Repeated, because a busy host may need longer than the time between the two.
      Eventually.within(RolePair.LIMIT, () -> assertOneOfTwoIsGreetedEarly(remote));
      assertThat(visitor.getInputStream().available()).isZero();
    }
  }

  private static void assertOneOfTwoIsGreetedEarly(RemoteProxy remote) throws IOException {
    long dialled = System.nanoTime();
    try (var one = new BoreMessages(TestClient.dial(remote.controlAddress()));
        var other = new BoreMessages(TestClient.dial(remote.controlAddress()))) {
      assertThat(untilGreeted(one, dialled))
          .isBetween(Duration.ofMillis(50), Duration.ofMillis(500));
      assertThat(untilGreeted(other, dialled)).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
    }
  }

  /** Newer connections would evict it before a second has passed. */
  @Test
  void silentConnectionIsGreetedEarlyWhenPlacesAreScarce() throws Exception {
    var few = new ConnectionLimits(99, 99, 8, 8);
    try (var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(shared(new RolePair.Options().admission(few), "abc"))) {
      Eventually.within(RolePair.LIMIT, () -> assertLastOfEightIsGreetedEarly(remote));
    }
  }

  private static void assertLastOfEightIsGreetedEarly(RemoteProxy remote) throws IOException {
    var others = new ArrayList<Socket>();
    try {
      for (int i = 0; i < 7; i++) {
        others.add(TestClient.dial(remote.controlAddress()));
      }
      long dialled = System.nanoTime();
      try (var last = new BoreMessages(TestClient.dial(remote.controlAddress()))) {
        assertThat(untilGreeted(last, dialled)).isLessThan(Duration.ofMillis(500));
      }
    } finally {
      for (Socket other : others) {
        other.close();
      }
    }
  }

  /** As those of an origin proxy behind the address of a client with many visitors. */
  @Test
  void lateFirstBytesAreAcceptedWhileTheDataChannelsOfAllVisitorsAreOpening() throws Exception {
    try (var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(shared("abc"));
        var client = join(remote.controlAddress(), "abc");
        Socket visitor = TestClient.dial(visited(client))) {
      client.control().announced();
      Eventually.within(RolePair.LIMIT, () -> assertLateBytesAreAccepted(remote));
      assertThat(visitor.getInputStream().available()).isZero();
    }
  }

  private static void assertLateBytesAreAccepted(RemoteProxy remote) throws IOException {
    try (var channel = new BoreMessages(TestClient.dial(remote.controlAddress()));
        Socket late = TestClient.dial(remote.controlAddress())) {
      assertThat(channel.receive()).startsWith("{\"Challenge\":");
      late.setSoTimeout(200);
      assertThatThrownBy(() -> late.getInputStream().read())
          .isInstanceOf(SocketTimeoutException.class);
      late.setSoTimeout((int) RolePair.LIMIT.toMillis());
      late.getOutputStream().write("SSH-2.0-x\r\n".getBytes(StandardCharsets.US_ASCII));
      assertThat(new String(late.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
          .contains("does not serve SSH");
    }
  }

  @Test
  void clientWithAWrongSecretOrNoneIsRefused() throws Exception {
    try (var server = TestServer.echo();
        var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(shared("abc"));
        var wrong =
            new Client(
                remote.controlAddress(),
                server.address(),
                new Client.Options().secret("abd").once());
        var without = new BoreMessages(TestClient.dial(remote.controlAddress()))) {
      wrong.end();
      wrong.awaitLog("invalid secret");
      without.send("{\"Hello\":0}");
      assertThat(without.receive()).startsWith("{\"Challenge\":");
      assertThat(without.rest()).contains("server requires secret, but no secret was provided");
    }
  }

  @Test
  void helloOfSingleBytesIsAccepted() throws Exception {
    try (var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(shared((String) null));
        var client = new BoreMessages(TestClient.dial(remote.controlAddress()))) {
      client.socket().setTcpNoDelay(true);
      for (char one : "{\"Hello\":0}\0".toCharArray()) {
        client.sendRaw(String.valueOf(one));
      }
      assertThat(client.receive()).matches("\\{\"Hello\":\\d+}");
    }
  }

  private static String answer(RemoteProxy remote, String text) throws IOException {
    try (Socket peer = TestClient.dial(remote.controlAddress())) {
      peer.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
      return new String(peer.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(strings = "abc")
  void foreignProgramsAreNamedAndAnsweredInTheirProtocol(String secret) throws Exception {
    try (var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(shared(new RolePair.Options().everyLine(), secret))) {
      assertThat(answer(remote, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
          .startsWith("HTTP/1.1 400 Bad Request\r\n")
          .endsWith("does not serve HTTP.\n");
      roles.awaitLog("foreign protocol rejected", "an HTTP client");
      assertThat(answer(remote, TLS_HELLO)).isEqualTo("\u0015\u0003\u0001\u0000\u0002\u0002\n");
      roles.awaitLog("foreign protocol rejected", "a TLS client");
      assertThat(answer(remote, "SSH-2.0-OpenSSH_9.2\r\n")).contains("SSH");
      roles.awaitLog("foreign protocol rejected", "an SSH client");
      assertThat(answer(remote, "*1\r\n$4\r\nPING\r\n")).isEmpty();
      roles.awaitLog("foreign protocol rejected", "an unknown protocol");
      assertThat(answer(remote, "\0\0\0\0\1" + "x".repeat(32))).isEmpty();
      roles.awaitLog("foreign protocol rejected", "a rathole client");
      assertThat(remote.counters().get(Counter.FOREIGN_PEERS)).isEqualTo(5);
      assertThat(answer(remote, "{\"Helo\":0}\0")).doesNotContain("Hello");
      roles.awaitLog(secret == null ? "handshake failed" : "origin proxy rejected");
    }
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(strings = "abc")
  void silentConnectionTimesOut(String secret) throws Exception {
    var options = shared(new RolePair.Options().handshake(Duration.ofMillis(300)), secret);
    try (var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(options);
        Socket silent = TestClient.dial(remote.controlAddress());
        Socket slow = TestClient.dial(remote.controlAddress())) {
      slow.getOutputStream().write('{');
      assertThat(silent.getInputStream().read()).isEqualTo(-1);
      assertThat(slow.getInputStream().read()).isEqualTo(-1);
      roles.awaitLog("handshake not completed", "handshake timeout");
      Eventually.within(
          RolePair.LIMIT,
          () -> assertThat(remote.counters().get(Counter.SLOW_HANDSHAKES)).isEqualTo(2));
    }
  }

  /** Opens a connection for each prefix of {@link #STARTS}, also for the empty one. */
  private static List<Socket> dialWithPrefixes(RemoteProxy remote) throws IOException {
    List<String> prefixes =
        STARTS.stream()
            .flatMap(
                text -> IntStream.rangeClosed(0, text.length()).mapToObj(n -> text.substring(0, n)))
            .distinct()
            .toList();
    var peers = new ArrayList<Socket>();
    for (String prefix : prefixes) {
      Socket peer = TestClient.dial(remote.controlAddress());
      peers.add(peer);
      peer.setTcpNoDelay(true);
      for (byte one : prefix.getBytes(StandardCharsets.ISO_8859_1)) {
        peer.getOutputStream().write(one);
      }
    }
    return peers;
  }

  /** Reads until the connection ends, orderly or not. */
  private static void awaitEnd(Socket peer) throws IOException {
    try (peer) {
      peer.getInputStream().readAllBytes();
    } catch (SocketTimeoutException e) {
      throw new AssertionError("the connection is still open", e);
    } catch (SocketException e) {
      // It was reset.
    }
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(strings = "abc")
  void connectionThatEndsAfterAPrefixIsClosed(String secret) throws Exception {
    var options = shared(secret);
    try (var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(options)) {
      for (Socket peer : dialWithPrefixes(remote)) {
        peer.shutdownOutput();
        awaitEnd(peer);
      }
      assertThat(remote.counters().get(Counter.SESSIONS)).isZero();
      assertBothServe(remote, remote.controlAddress(), roles, options, secret);
    }
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(strings = "abc")
  void connectionThatStopsAfterAPrefixTimesOut(String secret) throws Exception {
    var options = shared(new RolePair.Options().handshake(Duration.ofMillis(300)), secret);
    try (var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(options)) {
      for (Socket peer : dialWithPrefixes(remote)) {
        awaitEnd(peer);
      }
      assertThat(remote.counters().get(Counter.SESSIONS)).isZero();
    }
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(strings = "abc")
  void connectionsThatStopAfterAPrefixDelayNoClient(String secret) throws Exception {
    var options = shared(secret);
    try (var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(options)) {
      List<Socket> peers = dialWithPrefixes(remote);
      assertBothServe(remote, remote.controlAddress(), roles, options, secret);
      assertThat(remote.counters().get(Counter.HALF_OPEN_DROPPED)).isZero();
      for (Socket peer : peers) {
        peer.close();
      }
    }
  }

  /** The oldest silent connections of one source make room for clients of both protocols. */
  @Test
  void silentConnectionsExcludeNoClient() throws Exception {
    var options =
        shared(new RolePair.Options().admission(new ConnectionLimits(99, 99, 9, 4)), null);
    try (var server = TestServer.echo();
        var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(options)) {
      var silent = new Socket[16];
      for (int i = 0; i < silent.length; i++) {
        silent[i] = TestClient.dial(remote.controlAddress());
      }
      try (var bore = new Client(remote.controlAddress(), server.address(), new Client.Options());
          var origin = roles.origin(server.address(), options, control(remote))) {
        assertServed(bore.announced());
        origin.announced();
        assertThat(remote.counters().get(Counter.HALF_OPEN_DROPPED)).isGreaterThanOrEqualTo(4);
      }
      for (Socket one : silent) {
        one.close();
      }
    }
  }

  /** The oldest, which are nearest to their challenge, were evicted by later ones. */
  @Test
  void visitorsOfOneClientThatComeAtOnceAreAllServed() throws Exception {
    int many = 300;
    var options = shared(new RolePair.Options(), "abc");
    try (var server = TestServer.echo();
        var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(options);
        var client = client(remote.controlAddress(), server, "abc")) {
      HostPort address = client.announced();
      var visitors = new ArrayList<Socket>();
      for (int i = 0; i < many; i++) {
        visitors.add(TestClient.dial(address));
      }
      for (Socket visitor : visitors) {
        try (visitor) {
          TestClient.assertEchoes(visitor, "hello");
        }
      }
      assertThat(remote.counters().get(Counter.HALF_OPEN_DROPPED)).isZero();
    }
  }

  /** A data channel of a client may connect to either address. */
  @Test
  void clientsOfBothAddressesAreClientsOfOneServer() throws Exception {
    var options = shared((String) null).boreAddress(new HostPort("127.0.0.1", 0));
    try (var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(options);
        var client = new BoreMessages(TestClient.dial(remote.controlAddress()))) {
      client.send("{\"Hello\":0}");
      int port = Integer.parseInt(client.receive().replaceAll("\\D", ""));
      assertThat(client.receive()).isEqualTo("\"Heartbeat\"");
      try (Socket visitor = TestClient.dial(new HostPort("127.0.0.1", port));
          var channel = new BoreMessages(TestClient.dial(remote.boreAddress()))) {
        channel.send("{\"Accept\":\"" + client.announced() + "\"}");
        channel.sendRaw("hi");
        assertThat(visitor.getInputStream().readNBytes(2)).asString().isEqualTo("hi");
      }
    }
  }

  private static void assertServes(RemoteProxy remote, String secret) throws Exception {
    var options = new Client.Options().secret(secret);
    try (var server = TestServer.echo();
        var client = new Client(remote.controlAddress(), server.address(), options)) {
      HostPort address = client.announced();
      Eventually.within(RolePair.LIMIT, () -> assertServed(address));
    }
  }

  /** A visitor of an origin proxy stays connected. */
  @Test
  void reloadChangesTheProtocolsOfNewConnections() throws Exception {
    var alone = new RolePair.Options();
    try (var server = TestServer.echo();
        var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(alone);
        var origin = roles.origin(server.address(), alone, control(remote))) {
      origin.announced();
      try (Socket visitor = TestClient.dial(remote.outsideAddresses().get("default"))) {
        TestClient.assertEchoes(visitor, "before");
        remote.reload(shared("abc").remoteSettings());
        assertServes(remote, "abc");
        remote.reload(shared("abd").remoteSettings());
        assertServes(remote, "abd");
        remote.reload(alone.remoteSettings());
        assertThat(answer(remote, "{\"Hello\":0}\0")).contains("does not serve bore clients");
        TestClient.assertEchoes(visitor, "after");
      }
    }
  }

  private static final HostPort ANY_PORT = new HostPort("127.0.0.1", 0);

  private static Client client(HostPort address, TestServer server, String secret) {
    return new Client(address, server.address(), new Client.Options().secret(secret));
  }

  /** Its data channels prove the secret with which it has logged in. */
  @Test
  void clientServesNewVisitorsAfterItsSecretWasReplaced() throws Exception {
    try (var server = TestServer.echo();
        var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(shared("abc").boreAddress(ANY_PORT));
        var one = client(remote.controlAddress(), server, "abc");
        var other = client(remote.boreAddress(), server, "abc")) {
      HostPort ofOne = one.announced();
      HostPort ofOther = other.announced();
      remote.reload(shared("abd").boreAddress(ANY_PORT).remoteSettings());
      Eventually.within(RolePair.LIMIT, () -> assertServed(ofOne));
      Eventually.within(RolePair.LIMIT, () -> assertServed(ofOther));
      try (var late =
          new Client(
              remote.boreAddress(), server.address(), new Client.Options().secret("abc").once())) {
        late.end();
        late.awaitLog("invalid secret");
      }
      assertServes(remote, "abd");
    }
  }

  @Test
  void replacedSecretOpensNoDataChannelOfAnotherClient() throws Exception {
    try (var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(shared("abc").boreAddress(ANY_PORT));
        var former = join(remote.boreAddress(), "abc")) {
      remote.reload(shared("abd").boreAddress(ANY_PORT).remoteSettings());
      try (var current = join(remote.boreAddress(), "abd");
          Socket one = TestClient.dial(new HostPort("127.0.0.1", former.port()));
          Socket other = TestClient.dial(new HostPort("127.0.0.1", current.port()))) {
        String ofFormer = former.control().announced();
        String ofCurrent = current.control().announced();
        try (var wrong = authenticated(remote.boreAddress(), "abc");
            var right = authenticated(remote.boreAddress(), "abc")) {
          wrong.send("{\"Accept\":\"" + ofCurrent + "\"}");
          assertThat(wrong.rest()).isEqualTo("{\"Error\":\"invalid secret\"}\0");
          right.send("{\"Accept\":\"" + ofFormer + "\"}");
          right.sendRaw("hi");
          assertThat(one.getInputStream().readNBytes(2)).asString().isEqualTo("hi");
        }
        assertThat(other.getInputStream().available()).isZero();
      }
    }
  }

  private static final String NOT_SERVED =
      "{\"Error\":\"the remote proxy does not serve bore clients any more\"}\0";

  /** Opens the data channel of the client's next visitor. */
  private static BoreMessages channel(HostPort address, BoreServer.Joined client)
      throws IOException {
    var channel = new BoreMessages(TestClient.dial(address));
    channel.send("{\"Accept\":\"" + client.control().announced() + "\"}");
    return channel;
  }

  private static void assertClosed(HostPort address) throws Exception {
    Eventually.within(
        RolePair.LIMIT,
        () ->
            assertThatThrownBy(() -> TestClient.dial(address).close())
                .isInstanceOf(ConnectException.class));
  }

  private static HostPort visited(BoreServer.Joined client) {
    return new HostPort("127.0.0.1", client.port());
  }

  /** Its port was open for visitors whom nothing could serve. */
  @Test
  void clientWhoseProtocolWasRemovedEndsWithItsLastVisitor() throws Exception {
    try (var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(shared((String) null));
        var client = join(remote.controlAddress());
        Socket visitor = TestClient.dial(visited(client));
        var channel = channel(remote.controlAddress(), client)) {
      channel.sendRaw("a");
      assertThat(visitor.getInputStream().read()).isEqualTo('a');
      remote.reload(new RolePair.Options().remoteSettings());
      assertClosed(visited(client));
      channel.sendRaw("b");
      assertThat(visitor.getInputStream().read()).isEqualTo('b');
      channel.leave();
      assertThat(client.control().rest()).isEqualTo(NOT_SERVED);
      roles.awaitLog("session ended", "does not serve bore clients any more");
    }
  }

  @Test
  void visitorsOfAProtocolThatWasRemovedFinishWithinTheDrainTimeout() throws Exception {
    var none = new RolePair.Options().drain(Duration.ofMillis(100));
    try (var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(shared((String) null));
        var client = join(remote.controlAddress());
        Socket visitor = TestClient.dial(visited(client));
        var channel = channel(remote.controlAddress(), client)) {
      channel.sendRaw("a");
      assertThat(visitor.getInputStream().read()).isEqualTo('a');
      remote.reload(none.remoteSettings());
      assertThat(client.control().rest()).isEqualTo(NOT_SERVED);
      client.leave();
      assertThatThrownBy(() -> visitor.getInputStream().read()).isInstanceOf(SocketException.class);
    }
  }

  /** It would be kept for data channels that it does not accept. */
  @Test
  void controlAddressThatMovesWithTheRemovalOfTheProtocolIsClosed() throws Exception {
    try (var ports = new ReservedPorts();
        var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(shared((String) null));
        var client = join(remote.controlAddress());
        Socket visitor = TestClient.dial(visited(client));
        var channel = channel(remote.controlAddress(), client)) {
      channel.sendRaw("a");
      assertThat(visitor.getInputStream().read()).isEqualTo('a');
      HostPort before = remote.controlAddress();
      remote.reload(
          new RolePair.Options().remoteSettings(Optional.of(ports.next()), "127.0.0.1:0"));
      assertClosed(before);
    }
  }

  @Test
  void protocolThatIsServedAgainAcceptsClients() throws Exception {
    try (var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(shared((String) null))) {
      remote.reload(new RolePair.Options().remoteSettings());
      remote.reload(shared((String) null).remoteSettings());
      assertServes(remote, null);
    }
  }

  /** Its data channels would begin in another way than the server expects. */
  @Test
  void clientsEndIfASecretIsRequiredSinceOrNotAnyMore() throws Exception {
    try (var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(shared((String) null));
        var without = join(remote.controlAddress())) {
      remote.reload(shared("abc").remoteSettings());
      assertThat(without.control().rest()).contains("the server requires a secret now");
      try (var with = join(remote.controlAddress(), "abc")) {
        remote.reload(shared((String) null).remoteSettings());
        assertThat(with.control().rest()).contains("the server requires no secret any more");
      }
    }
  }

  /** Its source is not known as that of a client, and a stopping server waits for a second. */
  @Test
  void silentDataChannelOfAnotherSourceIsGreetedAtOnceWhenTheServerStops() throws Exception {
    Eventually.within(RolePair.LIMIT, SharedPortTest::assertServedWhenTheServerStops);
  }

  private static void assertServedWhenTheServerStops() throws Exception {
    try (var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(shared("abc"));
        var client = join(remote.controlAddress(), "abc");
        Socket visitor = TestClient.dial(visited(client))) {
      String id = client.control().announced();
      HostPort address = remote.controlAddress();
      try (var channel = new BoreMessages(TestClient.dial(address, "127.0.0.2"))) {
        Thread draining = Threads.start("drain", () -> remote.drain(RolePair.LIMIT));
        answer(channel, "abc");
        channel.send("{\"Accept\":\"" + id + "\"}");
        channel.sendRaw("hi");
        assertThat(visitor.getInputStream().readNBytes(2)).asString().isEqualTo("hi");
        client.leave();
        channel.leave();
        draining.join();
      }
    }
  }

  /** An origin proxy does not connect to the address of its login again; a client does. */
  @Test
  void controlAddressThatHasMovedStaysForTheVisitorsOfClients() throws Exception {
    var options = shared((String) null);
    try (var ports = new ReservedPorts();
        var server = TestServer.echo();
        var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(options);
        var origin = roles.origin(server.address(), options, control(remote))) {
      origin.announced();
      HostPort before = remote.controlAddress();
      try (var bore = new Client(before, server.address(), new Client.Options())) {
        HostPort address = bore.announced();
        remote.reload(options.remoteSettings(Optional.of(ports.next()), "127.0.0.1:0"));
        roles.awaitLog("listener kept for data channels", "address=" + before);
        assertServed(address);
      }
      roles.awaitLog("listener closed", "address=" + before);
      assertServed(remote.outsideAddresses().get("default"));
    }
  }

  /** Without the option, the control address serves no bore client. */
  @Test
  void clientIsRejectedAtAnAddressForOriginProxiesOnly() throws Exception {
    try (var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(new RolePair.Options())) {
      assertThat(answer(remote, "{\"Hello\":0}\0")).contains("does not serve bore clients");
      roles.awaitLog("foreign protocol rejected", "a bore client");
    }
  }
}
