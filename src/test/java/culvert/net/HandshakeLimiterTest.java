package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** The places of strangers: so many in all and from one source, and never the newcomer goes. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class HandshakeLimiterTest {

  private static final int MOST = 4;
  private static final int MAX_OF_SOURCE = 2;
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final Deadlines deadlines = new Deadlines();
  private final LongAdder late = new LongAdder();
  private final LongAdder crowded = new LongAdder();
  private final HandshakeLimiter halfOpen = halfOpen(LIMIT);
  private final List<String> ended = new ArrayList<>();

  @AfterEach
  void endDeadlines() {
    deadlines.close();
  }

  private HandshakeLimiter halfOpen(Duration limit) {
    return new HandshakeLimiter(MOST, MAX_OF_SOURCE, limit, deadlines, late, crowded);
  }

  private static SourcePrefix source(int number) {
    try {
      return SourcePrefix.of(InetAddress.getByAddress(new byte[] {10, 0, 0, (byte) number}));
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }

  private HandshakeLimiter.Slot admit(int source, String name) {
    return halfOpen.acquire(source(source), reason -> ended.add(name));
  }

  @Test
  void noConnectionIsEvictedBelowLimits() {
    var places = List.of(admit(1, "a"), admit(1, "b"), admit(2, "c"), admit(2, "d"));
    assertThat(ended).isEmpty();
    assertThat(halfOpen.size()).isEqualTo(4);
    assertThat(places).allSatisfy(place -> assertThat(place.lossReason()).isEmpty());
  }

  @Test
  void oldestConnectionIsEvictedAtTotalLimit() {
    HandshakeLimiter.Slot oldest = admit(1, "oldest");
    for (int i = 2; i <= MOST; i++) {
      admit(i, "later");
    }
    HandshakeLimiter.Slot newcomer = admit(5, "newcomer");
    assertThat(ended).containsExactly("oldest");
    assertThat(oldest.lossReason()).contains(HandshakeLimiter.Reason.EVICTED);
    assertThat(newcomer.lossReason()).isEmpty();
    assertThat(halfOpen.size()).isEqualTo(MOST);
  }

  @Test
  void oldestConnectionOfSourceIsEvictedAtSourceLimit() {
    admit(2, "another's, older");
    admit(1, "oldest");
    admit(1, "second");
    admit(1, "third");
    assertThat(ended).containsExactly("oldest");
    admit(1, "fourth");
    assertThat(ended).containsExactly("oldest", "second");
    assertThat(halfOpen.size()).isEqualTo(3);
  }

  @Test
  void oneSourceCannotLockOutAnother() {
    for (int i = 0; i < 100; i++) {
      admit(1, "flood");
    }
    ended.clear();
    admit(2, "other");
    admit(3, "another");
    for (int i = 0; i < 100; i++) {
      admit(1, "flood");
    }
    assertThat(ended).hasSize(100).containsOnly("flood");
  }

  @Test
  void releasedSlotIsFreeWithoutNotification() {
    HandshakeLimiter.Slot first = admit(1, "first");
    admit(1, "second");
    first.release();
    first.release();
    admit(1, "third");
    assertThat(ended).isEmpty();
    assertThat(first.lossReason()).isEmpty();
    assertThat(halfOpen.size()).isEqualTo(2);
  }

  @Test
  void connectionIsClosedAtTimeout() throws Exception {
    var told = new CountDownLatch(1);
    HandshakeLimiter.Slot place =
        halfOpen(Duration.ofMillis(20)).acquire(source(1), reason -> told.countDown());
    told.await();
    assertThat(place.lossReason()).contains(HandshakeLimiter.Reason.TIMEOUT);
  }

  @Test
  void timedOutSlotIsFree() throws Exception {
    var brief = halfOpen(Duration.ofMillis(20));
    for (int i = 1; i <= MOST; i++) {
      brief.acquire(source(i), reason -> {});
    }
    Eventually.within(LIMIT, () -> assertThat(brief.size()).isZero());
    HandshakeLimiter.Slot place = brief.acquire(source(1), reason -> {});
    place.release();
    assertThat(place.lossReason()).isEmpty();
  }

  @Test
  void evictedConnectionIsNotAlsoTimedOut() throws Exception {
    var brief = halfOpen(Duration.ofMillis(50));
    var ends = new AtomicInteger();
    HandshakeLimiter.Slot first = brief.acquire(source(1), reason -> ends.incrementAndGet());
    for (int i = 0; i < MAX_OF_SOURCE; i++) {
      brief.acquire(source(1), reason -> {});
    }
    Eventually.within(LIMIT, () -> assertThat(brief.size()).isZero());
    assertThat(ends).hasValue(1);
    assertThat(first.lossReason()).contains(HandshakeLimiter.Reason.EVICTED);
    assertThat(crowded.sum()).isEqualTo(1);
    assertThat(late.sum()).isEqualTo(MAX_OF_SOURCE);
  }

  @Test
  void actionSetAfterLossRunsAtOnce() {
    HandshakeLimiter.Slot place = admit(1, "as a connection");
    admit(1, "second");
    admit(1, "third");
    assertThat(ended).containsExactly("as a connection");
    place.onLost(reason -> ended.add("as a session"));
    assertThat(ended).containsExactly("as a connection", "as a session");
  }

  @Test
  void latestActionRunsOnLoss() {
    HandshakeLimiter.Slot place = admit(1, "as a connection");
    place.onLost(reason -> ended.add("as a session"));
    assertThat(ended).isEmpty();
    admit(1, "second");
    admit(1, "third");
    assertThat(ended).containsExactly("as a session");
  }

  /** Of those that come at once, each takes another's place. */
  @Test
  void limitHoldsForConcurrentConnections() throws Exception {
    int each = 20_000;
    var threads = new ArrayList<Thread>();
    for (int i = 0; i < 4; i++) {
      threads.add(
          Thread.ofPlatform()
              .start(() -> {
                for (int n = 0; n < each; n++) {
                  halfOpen.acquire(source(n % 100), reason -> {});
                }
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(halfOpen.size()).isEqualTo(MOST);
  }
}
