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

/** How many origin proxies, good and bad, a remote proxy has at a time. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class OriginProxyLimitsTest {

  private static final String SECRET = RolePair.SECRET;
  private static final String SOURCE = "127.0.0.7";
  private static final int HALF_OPEN = 4;
  private static final int LOGINS = 24;

  /** Much shorter than what a connection that was said goodbye to is left to hear it. */
  private static final Duration SOON = Duration.ofSeconds(1);

  private final List<ScriptedOrigin> guests = new ArrayList<>();
  private TestServer server;
  private RolePair tunnel;

  @BeforeEach
  void begin() throws IOException {
    server = TestServer.echo();
  }

  @AfterEach
  void end() throws IOException {
    for (ScriptedOrigin guest : guests) {
      guest.close();
    }
    tunnel.close();
    server.close();
  }

  private void serves(ConnectionLimits admission) throws Exception {
    tunnel = RolePair.to(server.address(), new RolePair.Options().plain().admission(admission));
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

  /** Logs in; from then on it reads and closes nothing unless the test says so. */
  private ScriptedOrigin guest(String name, byte[] instance) throws IOException {
    var guest = new ScriptedOrigin(tunnel.remote().controlAddress(), SOURCE);
    guests.add(guest);
    guest.logIn(name, instance, SECRET);
    return guest;
  }

  /** How many connections of {@link #SOURCE} the remote proxy has a descriptor for. */
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

  private void assertHeldSoon(int most) throws Exception {
    Eventually.within(SOON, () -> assertThat(held()).isBetween(1L, (long) most));
  }

  @Test
  void aProcessThatLogsInAgainAndAgainHoldsOneConnection() throws Exception {
    serves(new ConnectionLimits(100, 100, 100, HALF_OPEN));
    byte[] instance = Handshake.newInstance();
    for (int i = 0; i < LOGINS; i++) {
      assertThat(guest("again", instance).offer("default").refusal()).isEmpty();
    }
    assertHeldSoon(1);
    assertThat(counted(Counter.SESSIONS_SUPERSEDED)).isEqualTo(LOGINS - 1);
    guests.removeLast().close();
    Eventually.within(RolePair.LIMIT, this::assertServes);
  }

  @Test
  void processesThatTakeANameFromEachOtherHoldNoMoreThanAStrangerAndOne() throws Exception {
    serves(new ConnectionLimits(100, 100, 100, HALF_OPEN));
    for (int i = 0; i < LOGINS; i++) {
      byte[] instance = Handshake.newInstance();
      assertThat(guest("again", instance).offer("default").refusal()).isEmpty();
    }
    assertHeldSoon(HALF_OPEN + 1);
    assertThat(counted(Counter.SESSIONS_SUPERSEDED)).isEqualTo(LOGINS - 1);
  }

  @Test
  void whoLogsInAgainAndAgainAndOffersNothingHoldsNoMoreThanAStranger() throws Exception {
    serves(new ConnectionLimits(100, 100, 100, HALF_OPEN));
    byte[] instance = Handshake.newInstance();
    for (int i = 0; i < LOGINS; i++) {
      guest("again", instance);
    }
    assertHeldSoon(HALF_OPEN);
    assertServes();
  }

  @Test
  void guestsUnderManyNamesThatOfferNothingHoldNoMoreThanAStranger() throws Exception {
    serves(new ConnectionLimits(100, 100, 100, HALF_OPEN));
    for (int i = 0; i < LOGINS; i++) {
      guest("guest-" + i, Handshake.newInstance());
    }
    assertHeldSoon(HALF_OPEN);
    assertServes();
  }

  @Test
  void whoWasRefusedForItsNameAndDoesNotGoHoldsNoMoreThanAStranger() throws Exception {
    serves(new ConnectionLimits(100, 100, 100, HALF_OPEN));
    byte[] loser = Handshake.newInstance();
    guest("again", loser);
    // The pair's own session is the first; the login that supersedes this one comes after it.
    Eventually.within(RolePair.LIMIT, () -> assertThat(counted(Counter.SESSIONS)).isEqualTo(2));
    assertThat(guest("again", Handshake.newInstance()).offer("default").refusal()).isEmpty();
    for (int i = 0; i < LOGINS; i++) {
      guest("again", loser);
    }
    assertHeldSoon(HALF_OPEN + 1);
    Eventually.within(
        RolePair.LIMIT, () -> assertThat(counted(Counter.REFUSED_PEERS)).isEqualTo(LOGINS));
  }

  @Test
  void whoDrainsAtOnceAndLogsInAgainHoldsNoMoreThanAStranger() throws Exception {
    serves(new ConnectionLimits(100, 100, 100, HALF_OPEN));
    byte[] instance = Handshake.newInstance();
    for (int i = 0; i < LOGINS; i++) {
      ScriptedOrigin guest = guest("again", instance);
      assertThat(guest.offer("default").refusal()).isEmpty();
      guest.say(0, new Message.Drain());
      assertThat(guest.hear()).isInstanceOf(Message.Bye.class);
    }
    assertHeldSoon(HALF_OPEN);
  }

  @Test
  void oneSessionTooManyIsRefusedTheOthersLiveAndWhoLeavesMakesRoom() throws Exception {
    serves(new ConnectionLimits(100, 2, 100, 100));
    ScriptedOrigin second = guest("second", Handshake.newInstance());
    Eventually.within(RolePair.LIMIT, () -> assertThat(counted(Counter.SESSIONS)).isEqualTo(2));
    var bye = (Message.Bye) guest("third", Handshake.newInstance()).hear();
    assertThat(bye.reason()).isEqualTo(ByeReason.BUSY);
    assertThat(bye.text()).isEqualTo("all 2 sessions are in use");
    assertThat(counted(Counter.SESSIONS_OVER_LIMIT)).isEqualTo(1);
    assertThat(counted(Counter.SESSIONS)).isEqualTo(2);
    assertServes();
    assertThat(second.offer("default").refusal()).isEmpty();
    second.vanish();
    Eventually.within(
        RolePair.LIMIT,
        () -> {
          ScriptedOrigin third = guest("third", Handshake.newInstance());
          third.say(0, new Message.Offer("default"));
          assertThat(third.hear()).isInstanceOf(Message.Offered.class);
        });
    assertThat(counted(Counter.SESSIONS)).isEqualTo(3);
  }
}
