package culvert.dialect.trp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.session.Dialect;
import culvert.session.Offer;
import culvert.session.PendingStream;
import culvert.session.ServiceRegistry;
import culvert.session.Session;
import culvert.session.Visitor;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.Loopback;
import culvert.testing.RefusingPort;
import culvert.testing.ReservedPorts;
import culvert.testing.RolePair;
import culvert.testing.TestClient;
import culvert.testing.TestServer;
import culvert.testing.UnansweredAddress;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Both roles, against each other and against plain sockets that behave like the original programs.
 */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class TrpTest {

  private static final int SHORT_MILLIS = 200;

  private TestServer server;
  private Roles roles;

  @BeforeEach
  void setUp() throws IOException {
    server = TestServer.echo();
    roles = new Roles();
  }

  @AfterEach
  void tearDown() throws IOException {
    roles.close();
    server.close();
  }

  @Test
  void pairServesVisitorsAndEachDirectionEndsIndependently() throws Exception {
    roles.remote(RolePair.LIMIT).origin(roles.remote().controlAddress(), server.address());
    roles.awaitLog(1, "service offered");
    for (int i = 0; i < 50; i++) {
      try (Socket visitor = TestClient.dial(roles.publicAddress())) {
        TestClient.assertEchoes(visitor, "visitor " + i);
        visitor.shutdownOutput();
        assertThat(visitor.getInputStream().read()).isNegative();
      }
    }
    roles.awaitLog(100, "relay ended", "reason=done");
  }

  @Test
  void originProxyServesAtSeveralRemoteProxies() throws Exception {
    try (var other = new Roles()) {
      roles.remote(RolePair.LIMIT);
      other.remote(RolePair.LIMIT);
      roles.origin(
          List.of(roles.remote().controlAddress(), other.remote().controlAddress()),
          server.address());
      roles.awaitLog(1, "service offered");
      other.awaitLog(1, "service offered");
      for (Roles each : new Roles[] {roles, other}) {
        try (Socket visitor = TestClient.dial(each.publicAddress())) {
          TestClient.assertEchoes(visitor, "hello");
        }
      }
    }
  }

  /** Each visitor has a connection of its own, which does not end with the session. */
  @Test
  void visitorsOfARemovedRemoteProxyAreResetAfterTheDrainTimeout() throws Exception {
    try (var other = new Roles()) {
      HostPort first = roles.remote(RolePair.LIMIT).remote().controlAddress();
      HostPort second = other.remote(RolePair.LIMIT).remote().controlAddress();
      roles.origin(List.of(first, second), server.address());
      roles.awaitLog(1, "service offered");
      other.awaitLog(1, "service offered");
      try (Socket removed = TestClient.dial(roles.publicAddress());
          Socket kept = TestClient.dial(other.publicAddress())) {
        TestClient.assertEchoes(removed, "before");
        TestClient.assertEchoes(kept, "before");
        roles.reload(List.of(second), server.address(), Duration.ofMillis(SHORT_MILLIS));
        assertThatThrownBy(() -> removed.getInputStream().read())
            .isInstanceOf(SocketException.class);
        TestClient.assertEchoes(kept, "after");
      }
    }
  }

  @Test
  void eachVisitorIsAnnouncedAndGetsNextDataConnection() throws Exception {
    roles.remote(RolePair.LIMIT);
    try (var origin = ScriptedTrpOrigin.connect(roles)) {
      try (Socket visitor = TestClient.dial(roles.publicAddress())) {
        origin.assertAnnounces(visitor);
        visitor.getOutputStream().write("early".getBytes());
        try (Socket data = origin.openData()) {
          assertThat(data.getInputStream().readNBytes(5)).asString().isEqualTo("early");
          data.getOutputStream().write("answer".getBytes());
          data.shutdownOutput();
          assertThat(visitor.getInputStream().readAllBytes()).asString().isEqualTo("answer");
        }
      }
    }
  }

  @Test
  void connectionWithoutPendingVisitorIsClosed() throws Exception {
    roles.remote(RolePair.LIMIT);
    try (var origin = ScriptedTrpOrigin.connect(roles)) {
      try (Socket stray = origin.openData()) {
        assertThat(stray.getInputStream().read()).isNegative();
      }
      try (Socket visitor = TestClient.dial(roles.publicAddress())) {
        origin.assertAnnounces(visitor);
        origin.assertServes(visitor);
      }
    }
  }

  /** Row 36: silent connections from other addresses took the visitors. */
  @Test
  void connectionFromAnotherAddressTakesNoVisitor() throws Exception {
    roles.remote(RolePair.LIMIT);
    try (var origin = ScriptedTrpOrigin.connect(roles);
        Socket visitor = TestClient.dial(roles.publicAddress())) {
      origin.assertAnnounces(visitor);
      try (Socket stray = origin.openData("127.0.0.2")) {
        assertThat(stray.getInputStream().read()).isNegative();
      }
      roles.awaitLog(1, "its data connections must have its address, 127.0.0.1");
      origin.assertServes(visitor);
    }
  }

  @Test
  void missingDataConnectionDoesNotDelayOtherVisitors() throws Exception {
    roles.remote(Duration.ofMillis(500));
    try (var origin = ScriptedTrpOrigin.connect(roles)) {
      try (Socket unlucky = TestClient.dial(roles.publicAddress())) {
        origin.assertAnnounces(unlucky);
        roles.awaitLog(1, "visitor reset", "open-timeout");
      }
      try (Socket visitor = TestClient.dial(roles.publicAddress())) {
        origin.assertAnnounces(visitor);
        origin.assertServes(visitor);
      }
    }
  }

  @Test
  void endOfOriginProxyAdmitsTheNext() throws Exception {
    roles.remote(RolePair.LIMIT);
    for (int i = 1; i <= 3; i++) {
      try (var origin = new ScriptedTrpOrigin(roles.remote().controlAddress())) {
        roles.awaitLog(i, "service offered");
        try (Socket visitor = TestClient.dial(roles.publicAddress())) {
          origin.assertAnnounces(visitor);
        }
      }
      roles.awaitLog(i, "session ended", "the origin proxy closed its control connection");
    }
  }

  /** For example from a scanner: the original would treat it as an origin proxy forever. */
  @Test
  void bytesOnControlConnectionEndIt() throws Exception {
    roles.remote(RolePair.LIMIT);
    try (Socket scanner = TestClient.dial(roles.remote().controlAddress())) {
      scanner.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes());
      roles.awaitLog(1, "unexpected bytes on the control connection");
    }
  }

  @Test
  void drainEndsIdleOriginProxyImmediately() throws Exception {
    roles.remote(RolePair.LIMIT);
    try (var origin = ScriptedTrpOrigin.connect(roles)) {
      assertThat(roles.remote().drain(RolePair.LIMIT)).isTrue();
      assertThat(origin.control().getInputStream().read()).isNegative();
    }
  }

  /** The original origin proxy exits with its control connection and cuts its relays. */
  @Test
  void drainLetsLastVisitorFinish() throws Exception {
    roles.remote(RolePair.LIMIT);
    try (var origin = ScriptedTrpOrigin.connect(roles)) {
      try (Socket visitor = TestClient.dial(roles.publicAddress())) {
        origin.assertAnnounces(visitor);
        try (Socket data = origin.openData()) {
          data.getOutputStream().write('x');
          assertThat(visitor.getInputStream().read()).isEqualTo('x');
          Thread drain = Thread.ofVirtual().start(() -> roles.remote().drain(RolePair.LIMIT));
          Eventually.within(
              RolePair.LIMIT,
              () ->
                  assertThatThrownBy(() -> TestClient.dial(roles.publicAddress()).close())
                      .isInstanceOf(ConnectException.class));
          origin.control().setSoTimeout(SHORT_MILLIS);
          // A probe of the port may have been announced before the port was closed.
          assertThatThrownBy(() -> origin.lines().lines().count())
              .hasCauseInstanceOf(SocketTimeoutException.class);
          data.getOutputStream().write('y');
          assertThat(visitor.getInputStream().read()).isEqualTo('y');
          visitor.shutdownOutput();
          data.shutdownOutput();
          origin.control().setSoTimeout((int) RolePair.LIMIT.toMillis());
          assertThat(origin.lines().readLine()).isNull();
          drain.join();
        }
      }
    }
  }

  @Test
  void drainWaitsForDataConnectionInFlight() throws Exception {
    roles.remote(RolePair.LIMIT);
    try (var origin = ScriptedTrpOrigin.connect(roles)) {
      try (Socket visitor = TestClient.dial(roles.publicAddress())) {
        origin.assertAnnounces(visitor);
        Thread drain = Thread.ofVirtual().start(() -> roles.remote().drain(RolePair.LIMIT));
        Eventually.within(
            RolePair.LIMIT,
            () ->
                assertThatThrownBy(() -> TestClient.dial(roles.publicAddress()).close())
                    .isInstanceOf(IOException.class));
        try (Socket data = origin.openData()) {
          data.getOutputStream().write('x');
          data.shutdownOutput();
          assertThat(visitor.getInputStream().readAllBytes()).asString().isEqualTo("x");
          visitor.shutdownOutput();
        }
        // A probe of the port may still be pending.
        origin.control().shutdownOutput();
        drain.join();
      }
    }
  }

  /**
   * Like an origin proxy whose network failed: unacknowledged lines keep the system from sending
   * keep-alive probes.
   */
  @Test
  void originProxyThatClaimsNoVisitorIsReplaced() throws Exception {
    roles.remote(Duration.ofSeconds(6));
    try (var dead = ScriptedTrpOrigin.connect(roles)) {
      try (Socket visitor = TestClient.dial(roles.publicAddress())) {
        dead.assertAnnounces(visitor);
        roles.awaitLog(1, "session lost", "opens no data connections");
      }
      try (var next = new ScriptedTrpOrigin(roles.remote().controlAddress())) {
        roles.awaitLog(2, "service offered");
        try (Socket visitor = TestClient.dial(roles.publicAddress())) {
          next.assertAnnounces(visitor);
        }
      }
    }
  }

  @Test
  void shortOpenTimeoutDoesNotEndControlConnection() throws Exception {
    roles.remote(Duration.ofNanos(1));
    try (var origin = ScriptedTrpOrigin.connect(roles)) {
      for (int i = 0; i < 20; i++) {
        try (Socket visitor = TestClient.dial(roles.publicAddress())) {
          origin.assertAnnounces(visitor);
        }
      }
    }
  }

  @Test
  void controlConnectionClosedImmediatelyAdmitsTheNext() throws Exception {
    try (var closed = Loopback.open();
        var next = Loopback.open();
        var deadlines = new Deadlines()) {
      var dialect = new TrpDialect("default", deadlines);
      closed.far().close();
      assertThatThrownBy(() -> dialect.accept(closed.far(), () -> {}))
          .isInstanceOf(IOException.class);
      assertThat(dialect.accept(next.far(), () -> {}))
          .isInstanceOf(Dialect.Accepted.LoggedIn.class);
    }
  }

  /**
   * Otherwise the offer of the next one would be declined, and it would hold the slot without
   * visitors.
   */
  @Test
  void nextOriginProxyIsAdmittedOnlyAfterServiceIsWithdrawn() throws Exception {
    try (var ended = Loopback.open();
        var next = Loopback.open();
        var deadlines = new Deadlines()) {
      var dialect = new TrpDialect("default", deadlines);
      var session = ((Dialect.Accepted.LoggedIn) dialect.accept(ended.far(), () -> {})).session();
      ended.near().close();
      var withdrawn = new AtomicBoolean();
      ServiceRegistry services =
          new UnansweredRegistry(() -> {
            assertThatThrownBy(() -> claim(dialect, next.far())).isInstanceOf(IOException.class);
            withdrawn.set(true);
          });
      assertThatThrownBy(() -> session.serve(services)).isInstanceOf(IOException.class);
      assertThat(withdrawn).isTrue();
      assertThat(dialect.accept(next.far(), () -> {}))
          .isInstanceOf(Dialect.Accepted.LoggedIn.class);
    }
  }

  /** Otherwise the connection would belong to no visitor and stay open forever. */
  @Test
  void dataConnectionBeforeControlFailureServesTheVisitor() throws Exception {
    try (var control = Loopback.open();
        var data = Loopback.open();
        var deadlines = new Deadlines()) {
      var dialect = new TrpDialect("default", deadlines);
      var session = ((Dialect.Accepted.LoggedIn) dialect.accept(control.far(), () -> {})).session();
      InetSocketAddress address = data.near().local();
      PendingStream opened = session.open(new Visitor("default", address, address));
      claim(dialect, data.far());
      control.far().close();
      assertThat(opened.await(RolePair.LIMIT)).isInstanceOf(PendingStream.Outcome.Accepted.class);
    }
  }

  private static void claim(Dialect dialect, Connection channel) throws IOException {
    ((Dialect.Accepted.Claimed) dialect.accept(channel, () -> {})).delivery().deliver();
  }

  /** Never answers an offer, and runs an action when a service is withdrawn. */
  private record UnansweredRegistry(Runnable onWithdraw) implements ServiceRegistry {
    @Override
    public void register(
        Session session, List<Offer> offers, boolean isShared, Consumer<Answer> answer) {}

    @Override
    public void withdraw(Session session, String service) {
      onWithdraw.run();
    }

    @Override
    public void draining(Session session, boolean busy) {}
  }

  @Test
  void anyLineOpensDataConnectionAndLostRemoteProxyIsDialledAgain() throws Exception {
    try (var remote = new ServerSocket(0, 9, InetAddress.getLoopbackAddress())) {
      roles.origin(new HostPort("127.0.0.1", remote.getLocalPort()), server.address());
      for (int i = 0; i < 3; i++) {
        try (Socket control = remote.accept()) {
          control.getOutputStream().write("any text\n[::1]:39354\n".getBytes());
          for (int j = 0; j < 2; j++) {
            try (Socket data = remote.accept()) {
              TestClient.assertEchoes(data, "through");
            }
          }
          control.getOutputStream().write("incomplete li".getBytes());
        }
      }
      roles.awaitLog(1, "session lost", "the remote proxy closed the connection");
    }
  }

  /** The visitor would occupy its place until the timeout of the dial. */
  @Test
  void dialIsCancelledWhenTheRemoteProxyResetsTheDataConnection() throws Exception {
    try (var remote = new ServerSocket(0, 9, InetAddress.getLoopbackAddress());
        var silent = new UnansweredAddress()) {
      roles.origin(new HostPort("127.0.0.1", remote.getLocalPort()), HostPort.of(silent.address()));
      try (Socket control = remote.accept()) {
        control.getOutputStream().write("1.2.3.4:5\n".getBytes());
        Socket data = remote.accept();
        // An earlier reset would fail the dial of the data connection.
        Eventually.within(
            RolePair.LIMIT, () -> assertThat(Threads.live()).contains("1.2.3.4:5 default >"));
        data.setSoLinger(true, 0);
        data.close();
        Counters counters = roles.origin().counters();
        Eventually.within(
            RolePair.LIMIT, () -> assertThat(counters.get(Counter.VISITORS_GONE)).isEqualTo(1));
        assertThat(counters.get(Counter.OPENS_FAILED)).isZero();
      }
    }
  }

  /** The original remote proxy would wait forever. */
  @Test
  void dataConnectionOpensAlthoughOriginServerRefuses() throws Exception {
    try (var remote = new ServerSocket(0, 9, InetAddress.getLoopbackAddress());
        var refusing = new RefusingPort()) {
      roles.origin(new HostPort("127.0.0.1", remote.getLocalPort()), refusing.address());
      try (Socket control = remote.accept()) {
        control.getOutputStream().write("1.2.3.4:5\n".getBytes());
        try (Socket data = remote.accept()) {
          assertThat(data.getInputStream().read()).isNegative();
        }
      }
      roles.awaitLog(1, "origin server not reached", "1.2.3.4:5");
    }
  }

  /** Every later visitor was reset: data connections come to the address of the login. */
  @Test
  void originProxyServesNewVisitorsAfterTheControlAddressHasMoved() throws Exception {
    try (var ports = new ReservedPorts()) {
      roles.remote(RolePair.LIMIT).origin(roles.remote().controlAddress(), server.address());
      roles.awaitLog(1, "service offered");
      roles.moveTo(ports.next());
      roles.awaitLog(1, "listener kept for data channels");
      try (Socket visitor = TestClient.dial(roles.publicAddress())) {
        TestClient.assertEchoes(visitor, "hello");
      }
    }
  }
}
