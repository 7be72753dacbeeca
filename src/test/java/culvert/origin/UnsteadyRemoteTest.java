package culvert.origin;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.Durations;
import culvert.net.HostPort;
import culvert.observe.Counter;
import culvert.protocol.Message;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.ScriptedRemote;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** The origin role tries again and again with a remote proxy that will not keep it. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class UnsteadyRemoteTest {

  /** How long a test looks for logins that should not come. */
  private static final Duration WHILE = Duration.ofSeconds(3);

  /** The four that may drain, and one that they wait for. */
  private static final int MAX_SESSIONS = 5;

  private static final Pattern AGAIN_IN = Pattern.compile("again_in=(\\S+)");

  private final List<ScriptedRemote.Login> logins = new ArrayList<>();
  private ScriptedRemote remote;
  private RolePair tunnel;

  @BeforeEach
  void begin() throws IOException {
    remote = new ScriptedRemote();
  }

  @AfterEach
  void end() throws IOException {
    remote.close();
    for (ScriptedRemote.Login login : logins) {
      login.close();
    }
    tunnel.close();
  }

  private void joins(RolePair.Options options) throws IOException {
    var nobody = new HostPort("127.0.0.1", 1);
    tunnel = new RolePair(nobody, options.secrets(null, null), remote.address());
    tunnel.join();
  }

  private ScriptedRemote.Login login() throws IOException {
    ScriptedRemote.Login login = remote.accept();
    logins.add(login);
    return login;
  }

  /** A login that serves, from the origin proxy's view too. */
  private ScriptedRemote.Login serves() throws Exception {
    long before = tunnel.origin().counters().get(Counter.SESSIONS);
    ScriptedRemote.Login login = login().take();
    Eventually.within(
        RolePair.LIMIT,
        () -> assertThat(tunnel.origin().counters().get(Counter.SESSIONS)).isEqualTo(before + 1));
    return login;
  }

  private List<String> told(String words) {
    return tunnel.log().lines().filter(line -> line.contains(words)).toList();
  }

  @Test
  void soManySessionsDrainAndNoneIsAddedWhileTheyLast() throws Exception {
    joins(new RolePair.Options().retrying());
    for (int i = 0; i < MAX_SESSIONS; i++) {
      login().take().say(new Message.Drain());
    }
    assertThat(remote.accept(WHILE)).isEmpty();
    for (ScriptedRemote.Login login : logins) {
      login.close();
    }
    serves();
  }

  @Test
  void aRemoteProxyThatDrainsEveryLoginAndHangsUpIsAskedNowAndThen() throws Exception {
    joins(new RolePair.Options().retrying());
    int count = 0;
    long until = System.nanoTime() + WHILE.toNanos();
    for (long now = System.nanoTime(); now < until; now = System.nanoTime()) {
      var login = remote.accept(Duration.ofNanos(until - now));
      if (login.isPresent()) {
        count++;
        login.get().take().say(new Message.Drain());
        login.get().close();
      }
    }
    // Half a second lies between two on the average.
    assertThat(count).isBetween(2, 40);
  }

  @Test
  void aRemoteProxyThatDrainsEveryLoginUnansweredIsAskedNowAndThen() throws Exception {
    joins(new RolePair.Options().retrying().handshake(Duration.ofMillis(200)));
    int count = 0;
    long until = System.nanoTime() + WHILE.toNanos();
    for (long now = System.nanoTime(); now < until; now = System.nanoTime()) {
      var login = remote.accept(Duration.ofNanos(until - now));
      if (login.isPresent()) {
        count++;
        login.get().say(new Message.Drain());
        logins.add(login.get());
      }
    }
    assertThat(count).isBetween(2, 40);
  }

  @Test
  void aRemoteProxyThatNeverAnswersTheOffersIsGivenUpAndTriedAgain() throws Exception {
    joins(new RolePair.Options().retrying().handshake(Duration.ofMillis(300)));
    ScriptedRemote.Login first = login();
    assertThat(first.hear()).isInstanceOf(Message.Bye.class);
    first.close();
    tunnel.awaitLog("session not started", "no answer to the offers within 300ms");
    serves();
    assertThat(told("no answer to the offers")).hasSize(1);
  }

  /** Who asks for another try while all is well does not mean the loss that comes later. */
  @Test
  void aTryThatWasAskedForWhileASessionStoodDoesNotTakeAwayTheNextPause() throws Exception {
    joins(new RolePair.Options().retrying());
    ScriptedRemote.Login login = serves();
    for (int i = 1; i <= 3; i++) {
      tunnel.origin().tryNow();
      tunnel.origin().tryNow();
      long lost = System.nanoTime();
      login.close();
      login = serves();
      long away = System.nanoTime() - lost;
      assertThat(told("again_in")).hasSize(i);
      var pause = AGAIN_IN.matcher(told("again_in").getLast());
      assertThat(pause.find()).isTrue();
      assertThat(Duration.ofNanos(away)).isGreaterThanOrEqualTo(Durations.parse(pause.group(1)));
    }
  }

  @Test
  void whoServedBeforeOutlivesRefusedCredentialsAndTellsOfThemOnce() throws Exception {
    joins(new RolePair.Options().retryingWithin(Duration.ofMillis(100)));
    serves().close();
    for (int i = 0; i < 4; i++) {
      remote.refuse();
    }
    serves();
    assertThat(told("login refused by remote proxy")).hasSize(1);
    assertThat(told("login refused by remote proxy").getFirst())
        .contains("WARN", "the remote proxy requires a secret and the origin proxy has none");
  }

  @Test
  void whoServedBeforeOutlivesADeclinedServiceAndTellsOfItOnce() throws Exception {
    joins(new RolePair.Options().retryingWithin(Duration.ofMillis(100)));
    serves().close();
    for (int i = 0; i < 4; i++) {
      try (ScriptedRemote.Login login = remote.accept()) {
        login.say(new Message.Offered("default", List.of(), "not today"));
        assertThat(login.hear()).isInstanceOf(Message.Bye.class);
      }
    }
    serves();
    assertThat(told("service declined")).hasSize(1);
    assertThat(told("service declined").getFirst()).contains("WARN", "default: not today");
  }

  @Test
  void aSessionInBetweenMakesTheSameRefusalNewsAgain() throws Exception {
    joins(new RolePair.Options().retryingWithin(Duration.ofMillis(100)));
    for (int i = 0; i < 2; i++) {
      serves().close();
      remote.refuse();
      remote.refuse();
    }
    serves();
    assertThat(told("login refused by remote proxy")).hasSize(2);
  }

  @Test
  void whoWaitsLongAfterARefusalTriesAtOnceWhenAsked() throws Exception {
    joins(new RolePair.Options().retryingWithin(Duration.ofMinutes(10)));
    serves().close();
    remote.refuse();
    tunnel.awaitLog("login refused by remote proxy", "again_in");
    // Asked right before the pause begins, it has no effect; so it is asked until it has.
    Eventually.within(
        RolePair.LIMIT,
        () -> {
          tunnel.origin().tryNow();
          assertThat(remote.accept(Duration.ofMillis(50)).map(logins::add)).isPresent();
        });
  }
}
