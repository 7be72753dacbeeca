package culvert.dialect.bore;

import static culvert.dialect.bore.SharedPort.answerTo;
import static culvert.dialect.bore.SharedPort.assertServed;
import static culvert.dialect.bore.SharedPort.assertServedUnlessLate;
import static culvert.dialect.bore.SharedPort.channel;
import static culvert.dialect.bore.SharedPort.client;
import static culvert.dialect.bore.SharedPort.control;
import static culvert.dialect.bore.SharedPort.join;
import static culvert.dialect.bore.SharedPort.shared;
import static culvert.dialect.bore.SharedPort.visited;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.config.ConnectionLimits;
import culvert.config.RemoteAddress;
import culvert.net.HostPort;
import culvert.observe.Counter;
import culvert.remote.RemoteProxy;
import culvert.testing.Eventually;
import culvert.testing.FaultyLink;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.SeparateRoles;
import culvert.testing.TestClient;
import culvert.testing.TestServer;
import culvert.testing.TransportVariant;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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
        assertServedUnlessLate(remote, ofBore);
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

  /** The challenge is sent on the connections of no origin proxy. */
  @ParameterizedTest
  @EnumSource
  void clientWithASecretIsServedBesideEachTransport(TransportVariant transport) throws Exception {
    var options = shared(transport.options(folder), "abc");
    try (var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(options)) {
      assertBothServe(remote, remote.controlAddress(), roles, options, "abc");
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

  @Test
  void clientWithASecretIsServedIfItsBytesArriveOneByOne() throws Exception {
    var options = shared("abc");
    try (var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(options);
        var link = new FaultyLink(remote.controlAddress(), 1)) {
      assertBothServe(remote, link.address(), roles, options, "abc");
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

  @ParameterizedTest
  @NullSource
  @ValueSource(strings = "abc")
  void foreignProgramsAreNamedAndAnsweredInTheirProtocol(String secret) throws Exception {
    try (var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(shared(new RolePair.Options().everyLine(), secret))) {
      assertThat(answerTo(remote, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
          .startsWith("HTTP/1.1 400 Bad Request\r\n")
          .endsWith("does not serve HTTP.\n");
      roles.awaitLog("foreign protocol rejected", "an HTTP client");
      assertThat(answerTo(remote, TLS_HELLO)).isEqualTo("\u0015\u0003\u0001\u0000\u0002\u0002\n");
      roles.awaitLog("foreign protocol rejected", "a TLS client");
      assertThat(answerTo(remote, "SSH-2.0-OpenSSH_9.2\r\n")).contains("SSH");
      roles.awaitLog("foreign protocol rejected", "an SSH client");
      assertThat(answerTo(remote, "*1\r\n$4\r\nPING\r\n")).isEmpty();
      roles.awaitLog("foreign protocol rejected", "an unknown protocol");
      assertThat(answerTo(remote, "\0\0\0\0\1" + "x".repeat(32))).isEmpty();
      roles.awaitLog("foreign protocol rejected", "a rathole client");
      assertThat(remote.counters().get(Counter.FOREIGN_PEERS)).isEqualTo(5);
      assertThat(answerTo(remote, "{\"Helo\":0}\0")).doesNotContain("Hello");
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
      awaitEnd(silent);
      awaitEnd(slow);
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
    int many = 50;
    var usual = new ConnectionLimits(4096, 1024, 4096, 8);
    var options = shared(new RolePair.Options().admission(usual), "abc");
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
        } catch (IOException e) {
          throw new AssertionError(roles.log() + client.log(), e);
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
      BoreServer.Joined joined = join(client);
      for (HostPort address : List.of(remote.boreAddress(), remote.controlAddress())) {
        try (Socket visitor = TestClient.dial(visited(joined));
            var channel = channel(address, joined)) {
          channel.sendRaw("hi");
          assertThat(visitor.getInputStream().readNBytes(2)).asString().isEqualTo("hi");
        }
      }
    }
  }

  /** Its first bytes were read to select the protocol; the rest is that of any data channel. */
  @Test
  void bytesBehindTheRequestAndBothEndsOfADataChannelReachTheVisitor() throws Exception {
    try (var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(shared((String) null));
        var client = join(remote.controlAddress())) {
      try (Socket visitor = TestClient.dial(visited(client));
          var channel = new BoreMessages(TestClient.dial(remote.controlAddress()))) {
        channel.sendRaw("{\"Accept\":\"" + client.control().announced() + "\"}\0hi");
        channel.socket().shutdownOutput();
        assertThat(visitor.getInputStream().readAllBytes()).asString().isEqualTo("hi");
        visitor.getOutputStream().write("back".getBytes(StandardCharsets.US_ASCII));
        visitor.shutdownOutput();
        assertThat(channel.rest()).isEqualTo("back");
      }
      try (Socket visitor = TestClient.dial(visited(client));
          var channel = channel(remote.controlAddress(), client)) {
        channel.sendRaw("a");
        assertThat(visitor.getInputStream().read()).isEqualTo('a');
        channel.socket().setSoLinger(true, 0);
        channel.leave();
        assertThatThrownBy(() -> visitor.getInputStream().read())
            .isInstanceOf(SocketException.class);
      }
    }
  }

  /** Without the option, the control address serves no bore client. */
  @Test
  void clientIsRejectedAtAnAddressForOriginProxiesOnly() throws Exception {
    try (var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(new RolePair.Options())) {
      assertThat(answerTo(remote, "{\"Hello\":0}\0")).contains("does not serve bore clients");
      roles.awaitLog("foreign protocol rejected", "a bore client");
    }
  }
}
