package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.ConnectionLimits;
import culvert.observe.Counter;
import culvert.protocol.ByeReason;
import culvert.protocol.Handshake;
import culvert.protocol.Message;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.ScriptedOrigin;
import culvert.testing.TestServer;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Limits on the sessions and connections of origin proxies, valid or not. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class OriginProxyLimitsTest {

  private static final String SECRET = RolePair.SECRET;
  private static final String SOURCE = "127.0.0.7";
  private static final int UNAUTHENTICATED = 4;
  private static final int LOGINS = 24;

  /** Names for that many logins, so that none is taken over more often than without a probe. */
  private static final int NAMES = LOGINS / 4;

  /** Much shorter than the time for which a closed connection may still read its goodbye. */
  private static final Duration SOON = Duration.ofSeconds(1);

  private final List<ScriptedOrigin> clients = new ArrayList<>();
  private TestServer server;
  private RolePair tunnel;

  @BeforeEach
  void begin() throws IOException {
    server = TestServer.echo();
  }

  @AfterEach
  void end() throws IOException {
    for (ScriptedOrigin origin : clients) {
      origin.close();
    }
    tunnel.close();
    server.close();
  }

  private void start(ConnectionLimits admission) throws Exception {
    tunnel =
        RolePair.to(server.address(), new RolePair.Options().plain().shared().admission(admission));
  }

  private void assertServes() throws IOException {
    try (Socket visitor = tunnel.visit()) {
      visitor.getOutputStream().write('a');
      assertThat(visitor.getInputStream().read()).isEqualTo('a');
    }
  }

  private long counted(Counter counter) {
    return tunnel.remote().counters().get(counter);
  }

  /** Logs in; the connection then reads and closes nothing unless the test does. */
  private ScriptedOrigin logIn(String name, byte[] instance) throws IOException {
    var origin = new ScriptedOrigin(tunnel.remote().controlAddress(), SOURCE);
    clients.add(origin);
    origin.logInCurrent(name, instance, SECRET);
    return origin;
  }

  /** Makes the origin proxy share the service of the pair. */
  private static void assertServed(ScriptedOrigin origin) throws IOException {
    assertThat(origin.share("default")).isInstanceOf(Message.Offered.class);
  }

  /** Returns the number of descriptors that the remote proxy holds for {@link #SOURCE}. */
  private long held() throws IOException {
    String local = String.format("0100007F:%04X", tunnel.remote().controlAddress().port());
    String peer = "0700007F:";
    try (var lines = Files.lines(Path.of("/proc/net/tcp"))) {
      return lines
          .map(line -> line.trim().split("\\s+"))
          .filter(part -> part[1].equals(local) && part[2].startsWith(peer))
          .filter(part -> !part[9].equals("0"))
          .count();
    }
  }

  private void assertHeldSoon(int max) throws Exception {
    Eventually.within(SOON, () -> assertThat(held()).isBetween(1L, (long) max));
  }

  @Test
  void repeatedLoginsOfOneProcessHoldOneConnection() throws Exception {
    start(new ConnectionLimits(100, 100, 100, UNAUTHENTICATED));
    byte[] instance = Handshake.newInstance();
    for (int i = 0; i < LOGINS; i++) {
      assertServed(logIn("again", instance));
    }
    assertHeldSoon(1);
    assertThat(counted(Counter.SESSIONS_SUPERSEDED)).isEqualTo(LOGINS - 1);
    clients.removeLast().close();
    Eventually.within(RolePair.LIMIT, this::assertServes);
  }

  @Test
  void processesThatSupersedeEachOtherExceedTheLimitByOneConnectionForEachName() throws Exception {
    start(new ConnectionLimits(100, 100, 100, UNAUTHENTICATED));
    for (int i = 0; i < LOGINS; i++) {
      assertServed(logIn("name-" + i % NAMES, Handshake.newInstance()));
    }
    assertHeldSoon(UNAUTHENTICATED + NAMES);
    assertThat(counted(Counter.SESSIONS_SUPERSEDED)).isEqualTo(LOGINS - NAMES);
  }

  @Test
  void repeatedLoginsWithoutAnOfferAreLimitedLikeUnauthenticatedConnections() throws Exception {
    start(new ConnectionLimits(100, 100, 100, UNAUTHENTICATED));
    byte[] instance = Handshake.newInstance();
    for (int i = 0; i < LOGINS; i++) {
      logIn("again", instance);
    }
    assertHeldSoon(UNAUTHENTICATED);
    assertServes();
  }

  @Test
  void sessionsWithoutAnOfferAreLimitedLikeUnauthenticatedConnections() throws Exception {
    start(new ConnectionLimits(100, 100, 100, UNAUTHENTICATED));
    for (int i = 0; i < LOGINS; i++) {
      logIn("client-" + i, Handshake.newInstance());
    }
    assertHeldSoon(UNAUTHENTICATED);
    assertServes();
  }

  @Test
  void rejectedNamesThatStayConnectedAreLimitedLikeUnauthenticatedConnections() throws Exception {
    start(new ConnectionLimits(100, 100, 100, UNAUTHENTICATED));
    byte[] loser = Handshake.newInstance();
    assertServed(logIn("again", loser));
    assertServed(logIn("again", Handshake.newInstance()));
    for (int i = 0; i < LOGINS; i++) {
      logIn("again", loser);
    }
    assertHeldSoon(UNAUTHENTICATED + 1);
    Eventually.within(
        RolePair.LIMIT, () -> assertThat(counted(Counter.REFUSED_PEERS)).isEqualTo(LOGINS));
  }

  @Test
  void drainingSessionsAreLimitedLikeUnauthenticatedConnections() throws Exception {
    start(new ConnectionLimits(100, 100, 100, UNAUTHENTICATED));
    byte[] instance = Handshake.newInstance();
    for (int i = 0; i < LOGINS; i++) {
      ScriptedOrigin origin = logIn("again", instance);
      assertServed(origin);
      origin.send(0, new Message.Drain());
      assertThat(origin.receiveAnswer()).isInstanceOf(Message.Bye.class);
    }
    assertHeldSoon(UNAUTHENTICATED);
  }

  @Test
  void sessionOverTheLimitIsRejectedUntilAnotherEnds() throws Exception {
    start(new ConnectionLimits(100, 2, 100, 100));
    ScriptedOrigin second = logIn("second", Handshake.newInstance());
    assertServed(second);
    Eventually.within(RolePair.LIMIT, () -> assertThat(counted(Counter.SESSIONS)).isEqualTo(2));
    var bye = (Message.Bye) logIn("third", Handshake.newInstance()).receive();
    assertThat(bye.reason()).isEqualTo(ByeReason.BUSY);
    assertThat(bye.text()).isEqualTo("all 2 sessions are in use");
    assertThat(counted(Counter.SESSIONS_OVER_LIMIT)).isEqualTo(1);
    assertThat(counted(Counter.SESSIONS)).isEqualTo(2);
    assertServes();
    second.reset();
    Eventually.within(RolePair.LIMIT, () -> assertServed(logIn("third", Handshake.newInstance())));
    assertThat(counted(Counter.SESSIONS)).isEqualTo(3);
  }
}
