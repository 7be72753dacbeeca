package culvert.bounce.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.config.BounceAuthentication;
import culvert.config.BounceCredentials;
import culvert.config.GroupAddress;
import culvert.config.GroupNumber;
import culvert.config.TlsClientSettings;
import culvert.config.TlsIdentity;
import culvert.config.TlsServerSettings;
import culvert.config.TlsTrust;
import culvert.config.TransportKind;
import culvert.config.WebSocketSettings;
import culvert.net.BufferPool;
import culvert.net.Connection;
import culvert.net.Dialer;
import culvert.net.HostPort;
import culvert.observe.Counter;
import culvert.protocol.PeerNames;
import culvert.protocol.PeerRefusedException;
import culvert.protocol.bounce.BounceGreeting;
import culvert.route.GroupConnector;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.RandomBytes;
import culvert.testing.TestAuthority;
import culvert.transport.Transport;
import culvert.transport.stack.TransportStack;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests members that connect over TLS and WebSocket. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class BounceTransportsTest {

  private static final long BYTES = 8L << 20;

  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
  private final BufferPool pool = new BufferPool();

  @TempDir private Path folder;
  private Path ca;
  private TlsIdentity identity;

  @BeforeEach
  void certificates() throws Exception {
    var authority = new TestAuthority("Test CA");
    ca = authority.own().writeChain(folder.resolve("ca.pem"));
    var issued = authority.issue("server");
    identity =
        new TlsIdentity.Pem(
            issued.writeChain(folder.resolve("server.pem")),
            issued.writeKey(folder.resolve("server.key")));
  }

  private BounceFixture.Setup over(TransportKind kind) {
    return new BounceFixture.Setup()
        .transport(
            kind,
            kind.isTls()
                ? Optional.of(new TlsServerSettings(identity, Optional.empty()))
                : Optional.empty());
  }

  private TlsClientSettings trust() {
    return new TlsClientSettings(new TlsTrust.Authorities(ca), Optional.empty(), Optional.empty());
  }

  private Transport dialling(TransportKind kind, HostPort address) {
    return TransportStack.dialling(
        kind,
        trust(),
        WebSocketSettings.DEFAULT,
        address,
        PeerNames.BOUNCE_SERVER,
        pool,
        line -> {});
  }

  private Connection dial(HostPort address) throws IOException {
    return new Dialer(pool).connect(address, BounceFixture.SOON);
  }

  private Connection join(TransportKind kind, HostPort address, String authentication)
      throws IOException {
    Connection connection = dialling(kind, address).wrap(dial(address));
    Transport.setAuthenticated(connection);
    assertThat(connection.input().readNBytes(19)).asString().isEqualTo("4-BounceServer_1.0\n");
    connection.output().write((authentication + "0001").getBytes(StandardCharsets.US_ASCII));
    assertThat(connection.input().readNBytes(5)).asString().isEqualTo("READY");
    return connection;
  }

  @ParameterizedTest
  @EnumSource(
      value = TransportKind.class,
      names = {"TLS", "WS", "WSS"})
  void pairIsJoined(TransportKind kind) throws Exception {
    try (BounceFixture bounce = over(kind).paired().start()) {
      try (Connection first = join(kind, bounce.server.address(), "hi");
          Connection second = join(kind, bounce.server.address(), "hi")) {
        exchange(first, second);
        first.closeOutput();
        assertThat(second.input().read()).isEqualTo(-1);
        second.output().write("x".getBytes(StandardCharsets.US_ASCII));
        second.closeOutput();
        assertThat(first.input().readAllBytes()).asString().isEqualTo("x");
        bounce.awaitEvent("0 disconnected: closed by the peer");
      }
      bounce.awaitMembers(0);
    }
    assertThat(pool.borrowed()).as("borrowed buffers").isZero();
  }

  @ParameterizedTest
  @EnumSource(
      value = TransportKind.class,
      names = {"TLS", "WS"})
  void groupIsJoined(TransportKind kind) throws Exception {
    try (BounceFixture bounce = over(kind).start()) {
      try (Connection first = join(kind, bounce.server.address(), "hi");
          Connection second = join(kind, bounce.server.address(), "hi")) {
        exchange(first, second);
      }
      bounce.awaitMembers(0);
    }
    assertThat(pool.borrowed()).as("borrowed buffers").isZero();
  }

  /** Over TLS, a close without close_notify is an error at the member. */
  @ParameterizedTest
  @EnumSource(
      value = TransportKind.class,
      names = {"PLAIN", "TLS", "WS", "WSS"})
  void memberThatLeavesAloneReceivesACleanEnd(TransportKind kind) throws Exception {
    try (BounceFixture bounce = over(kind).start();
        Connection alone = join(kind, bounce.server.address(), "hi")) {
      alone.closeOutput();
      assertThat(alone.input().readAllBytes()).isEmpty();
      bounce.awaitMembers(0);
    }
  }

  /** The client closes the socket only, as does the server after an invalid upgrade. */
  @ParameterizedTest
  @EnumSource(
      value = TransportKind.class,
      names = {"TLS", "WS", "WSS"})
  void refusedMembersLeaveNothingInTheBudget(TransportKind kind) throws Exception {
    try (BounceFixture bounce = over(kind).start()) {
      HostPort address = bounce.server.address();
      GroupConnector refused = connector(new GroupAddress(kind, address, new GroupNumber(1)));
      for (int i = 0; i < 5; i++) {
        try (Connection carrier = dial(address)) {
          assertThatThrownBy(() -> refused.wrap(carrier)).isInstanceOf(PeerRefusedException.class);
        }
        sendInvalidUpgrade(kind.isTls() ? TransportKind.TLS : TransportKind.PLAIN, address);
      }
      bounce.awaitMembers(0);
      Eventually.within(
          BounceFixture.SOON, () -> assertThat(bounce.server.heldBytes()).as("server").isZero());
      assertThat(pool.budget().held()).as("clients").isZero();
    }
  }

  private GroupConnector connector(GroupAddress group) {
    var authentication = BounceAuthentication.of("no".getBytes(StandardCharsets.US_ASCII));
    return new GroupConnector(
        group,
        new BounceCredentials(
            Optional.of(authentication), Optional.of(trust()), WebSocketSettings.DEFAULT),
        BounceGreeting.AS_IMPLEMENTED,
        PeerNames.BOUNCE_SERVER,
        pool,
        line -> {});
  }

  /** To a server without WebSocket this is a wrong authentication string. */
  private void sendInvalidUpgrade(TransportKind outer, HostPort address) throws IOException {
    String request = "GET /other HTTP/1.1\r\n\r\n" + "x".repeat(8000);
    try (Connection carrier = dial(address)) {
      Connection connection = dialling(outer, address).wrap(carrier);
      connection.output().write(request.getBytes(StandardCharsets.US_ASCII));
      connection.input().readAllBytes();
    } catch (EOFException e) {
      // The server closes below the transport.
    }
  }

  /** The members of a group may send to it at the same time. */
  @ParameterizedTest
  @EnumSource(
      value = TransportKind.class,
      names = {"PLAIN", "TLS", "WS", "WSS"})
  void memberThatHalfClosesInAGroupReceivesACleanEnd(TransportKind kind) throws Exception {
    try (BounceFixture bounce = over(kind).start();
        Connection first = join(kind, bounce.server.address(), "hi");
        Connection second = join(kind, bounce.server.address(), "hi")) {
      second.output().write("x".getBytes(StandardCharsets.US_ASCII));
      assertThat(first.input().read()).isEqualTo('x');
      first.closeOutput();
      assertThat(first.input().readAllBytes()).isEmpty();
      bounce.awaitEvent("0 disconnected: closed by the peer");
    }
  }

  /** The write of another member to it does not end by itself. */
  @Test
  void memberThatHalfClosesAndDoesNotReadIsDisconnected() throws Exception {
    try (BounceFixture bounce = over(TransportKind.TLS).start();
        Connection first = join(TransportKind.TLS, bounce.server.address(), "hi");
        Connection second = join(TransportKind.TLS, bounce.server.address(), "hi")) {
      var sent = executor.submit(() -> new RandomBytes(1).send(second.output(), 4 * BYTES));
      assertThat(first.input().read()).isNotNegative();
      first.closeOutput();
      bounce.awaitEvent("0 disconnected: closed by the peer");
      sent.get();
    }
  }

  private void exchange(Connection first, Connection second) throws Exception {
    var sent = executor.submit(() -> new RandomBytes(1).send(first.output(), BYTES).sum());
    assertThat(RandomBytes.receive(second.input(), BYTES)).isEqualTo(sent.get());
    second.output().write("answer".getBytes(StandardCharsets.US_ASCII));
    assertThat(first.input().readNBytes(6)).asString().isEqualTo("answer");
  }

  /** The space for its bytes ends in the middle of a record. */
  @Test
  void memberOfATlsGroupThatWaitsHoldsNoLargeBuffer() throws Exception {
    try (BounceFixture bounce = over(TransportKind.TLS).start();
        Connection alone = join(TransportKind.TLS, bounce.server.address(), "hi")) {
      // The buffer of the greeting may be given back after the greeting has arrived.
      Eventually.within(
          BounceFixture.SOON, () -> assertThat(bounce.server.borrowedBuffers()).isZero());
      long idle = bounce.server.heldBytes();
      alone.output().write(new byte[100]);
      alone.output().write(new byte[3 * ReadAheadInput.MAX_BYTES]);
      Eventually.within(
          BounceFixture.SOON,
          () -> {
            assertThat(bounce.server.borrowedBuffers()).isZero();
            assertThat(bounce.server.heldBytes())
                .isBetween(idle + 1, idle + 3L * ReadAheadInput.MAX_BYTES);
          });
    }
  }

  /** Longer than the maximum record before authentication. */
  @ParameterizedTest
  @EnumSource(
      value = TransportKind.class,
      names = {"TLS", "WS"})
  void authenticationOf64KibIsAccepted(TransportKind kind) throws Exception {
    String authentication = "a".repeat(65_536);
    try (BounceFixture bounce = over(kind).authentication(authentication).start()) {
      join(kind, bounce.server.address(), authentication).close();
      bounce.awaitMembers(0);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\u0016\u0003\u0001"})
  void stalledTransportHandshakeTimesOut(String sent) throws Exception {
    try (BounceFixture bounce =
        over(TransportKind.TLS).times(Duration.ofMillis(300), Duration.ofMillis(10)).start()) {
      RawMember.dial(bounce.server.address()).send(sent).expectLast("");
      bounce.awaitEvent("0 disconnected: joined no group: handshake timeout");
      assertThat(bounce.server.counters().get(Counter.SLOW_HANDSHAKES)).isEqualTo(1);
    }
  }

  @Test
  void memberFaultIsNotAttributedToOriginProxy() throws Exception {
    try (BounceFixture bounce = over(TransportKind.TLS).start()) {
      join(TransportKind.TLS, bounce.server.address(), "hi").close();
      bounce.awaitEvent(
          "0 disconnected: failed: the peer ended the connection without a TLS close_notify:"
              + " data may have been truncated");
      RawMember.dial(bounce.server.address()).send("\u0016\u0003\u0001\0\0").close();
      bounce.awaitMembers(0);
      RawMember.dial(bounce.server.address()).send("GET / HTTP/1.1\r\n\r\n").close();
      bounce.awaitMembers(0);
      bounce.awaitLog("foreign protocol rejected");
      assertThat(bounce.log()).doesNotContain("origin proxy");
    }
  }

  @Test
  void httpClientIsAnsweredInsteadOfTls() throws Exception {
    try (BounceFixture bounce = over(TransportKind.TLS).start();
        RawMember client = RawMember.dial(bounce.server.address())) {
      client.send("GET / HTTP/1.1\r\n\r\n").expect("HTTP/1.1 400 Bad Request\r\n");
      assertThat(client.in().readAllBytes()).isNotEmpty();
      bounce.awaitLog("foreign protocol rejected", "an HTTP client");
      assertThat(bounce.server.counters().get(Counter.FOREIGN_PEERS)).isEqualTo(1);
    }
  }
}
