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

/** Retries of the origin proxy with a remote proxy that ends every session or refuses it. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class UnsteadyRemoteTest {

  /** How long a test watches for logins that are not expected. */
  private static final Duration WHILE = Duration.ofSeconds(3);

  /** Four that drain, and one more for which the next attempt waits. */
  private static final int MAX_SESSIONS = 5;

  private static final Pattern AGAIN_IN = Pattern.compile("again_in=(\\S+)");

  private final List<ScriptedRemote.Login> logins = new ArrayList<>();
  private ScriptedRemote remote;
  private RolePair tunnel;

  @BeforeEach
  void start() throws IOException {
    remote = new ScriptedRemote();
  }

  @AfterEach
  void stop() throws IOException {
    remote.close();
    for (ScriptedRemote.Login login : logins) {
      login.close();
    }
    tunnel.close();
  }

  private void start(RolePair.Options options) throws IOException {
    var unused = new HostPort("127.0.0.1", 1);
    tunnel = new RolePair(unused, options.secrets(null, null), remote.address());
    tunnel.join();
  }

  private ScriptedRemote.Login login() throws IOException {
    ScriptedRemote.Login login = remote.accept();
    logins.add(login);
    return login;
  }

  /** Accepts a login and waits until the origin proxy counts its session. */
  private ScriptedRemote.Login serve() throws Exception {
    long before = tunnel.origin().counters().get(Counter.SESSIONS);
    ScriptedRemote.Login login = login().acceptOffer();
    Eventually.within(
        RolePair.LIMIT,
        () -> assertThat(tunnel.origin().counters().get(Counter.SESSIONS)).isEqualTo(before + 1));
    return login;
  }

  private List<String> logged(String text) {
    return tunnel.log().lines().filter(line -> line.contains(text)).toList();
  }

  @Test
  void noLoginFollowsWhileTheLimitOfDrainingSessionsIsReached() throws Exception {
    start(new RolePair.Options().retrying());
    for (int i = 0; i < MAX_SESSIONS; i++) {
      login().acceptOffer().send(new Message.Drain());
    }
    assertThat(remote.accept(WHILE)).isEmpty();
    for (ScriptedRemote.Login login : logins) {
      login.close();
    }
    serve();
  }

  @Test
  void remoteProxyThatDrainsAndClosesEveryLoginIsRetriedAfterPauses() throws Exception {
    start(new RolePair.Options().retrying());
    int count = 0;
    long until = System.nanoTime() + WHILE.toNanos();
    for (long now = System.nanoTime(); now < until; now = System.nanoTime()) {
      var login = remote.accept(Duration.ofNanos(until - now));
      if (login.isPresent()) {
        count++;
        login.get().acceptOffer().send(new Message.Drain());
        login.get().close();
      }
    }
    // Pauses are half a second on average.
    assertThat(count).isBetween(2, 40);
  }

  @Test
  void remoteProxyThatDrainsBeforeAnsweringTheOffersIsRetriedAfterPauses() throws Exception {
    start(new RolePair.Options().retrying().handshake(Duration.ofSeconds(1)));
    int count = 0;
    long until = System.nanoTime() + WHILE.toNanos();
    for (long now = System.nanoTime(); now < until; now = System.nanoTime()) {
      var login = remote.accept(Duration.ofNanos(until - now));
      if (login.isPresent()) {
        count++;
        login.get().send(new Message.Drain());
        logins.add(login.get());
      }
    }
    assertThat(count).isBetween(2, 40);
  }

  @Test
  void sessionWithoutAnAnswerToTheOffersIsClosedAndRetried() throws Exception {
    start(new RolePair.Options().retrying().handshake(Duration.ofSeconds(1)));
    ScriptedRemote.Login first = login();
    assertThat(first.receive()).isInstanceOf(Message.Bye.class);
    first.close();
    tunnel.awaitLog("session not started", "no answer to the offers within 1s");
    serve();
    assertThat(logged("no answer to the offers")).hasSize(1);
  }

  /** A request while a session serves is not about a loss that follows later. */
  @Test
  void retryRequestedWhileASessionServesDoesNotSkipTheNextPause() throws Exception {
    start(new RolePair.Options().retrying());
    ScriptedRemote.Login login = serve();
    for (int i = 1; i <= 3; i++) {
      tunnel.origin().tryNow();
      tunnel.origin().tryNow();
      long lost = System.nanoTime();
      login.close();
      login = serve();
      long away = System.nanoTime() - lost;
      assertThat(logged("again_in")).hasSize(i);
      var pause = AGAIN_IN.matcher(logged("again_in").getLast());
      assertThat(pause.find()).isTrue();
      assertThat(Duration.ofNanos(away)).isGreaterThanOrEqualTo(Durations.parse(pause.group(1)));
    }
  }

  @Test
  void processThatHasServedRetriesRefusedCredentialsAndLogsThemOnce() throws Exception {
    start(new RolePair.Options().retryingWithin(Duration.ofMillis(100)));
    serve().close();
    for (int i = 0; i < 4; i++) {
      remote.rejectLogin();
    }
    serve();
    assertThat(logged("login refused by remote proxy")).hasSize(1);
    assertThat(logged("login refused by remote proxy").getFirst())
        .contains("WARN", "the remote proxy requires a secret and the origin proxy has none");
  }

  @Test
  void processThatHasServedRetriesADeclinedServiceAndLogsItOnce() throws Exception {
    start(new RolePair.Options().retryingWithin(Duration.ofMillis(100)));
    serve().close();
    for (int i = 0; i < 4; i++) {
      try (ScriptedRemote.Login login = remote.accept()) {
        login.send(new Message.Offered("default", List.of(), "not today"));
        assertThat(login.receive()).isInstanceOf(Message.Bye.class);
      }
    }
    serve();
    assertThat(logged("service declined")).hasSize(1);
    assertThat(logged("service declined").getFirst()).contains("WARN", "default: not today");
  }

  @Test
  void sameRefusalIsLoggedAgainAfterASession() throws Exception {
    start(new RolePair.Options().retryingWithin(Duration.ofMillis(100)));
    for (int i = 0; i < 2; i++) {
      serve().close();
      remote.rejectLogin();
      remote.rejectLogin();
    }
    serve();
    assertThat(logged("login refused by remote proxy")).hasSize(2);
  }

  @Test
  void longPauseAfterARefusalEndsOnRequest() throws Exception {
    start(new RolePair.Options().retryingWithin(Duration.ofMinutes(10)));
    serve().close();
    remote.rejectLogin();
    tunnel.awaitLog("login refused by remote proxy", "again_in");
    // A request right before the pause begins has no effect, so it is repeated.
    Eventually.within(
        RolePair.LIMIT,
        () -> {
          tunnel.origin().tryNow();
          assertThat(remote.accept(Duration.ofMillis(50)).map(logins::add)).isPresent();
        });
  }
}
