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

/** A connection that gets a slot is never evicted by itself, only by others. */
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

  /** Fills the limiter from sources 1 and 2, then from source 1 alone. */
  @Test
  void sourceWithMostConnectionsIsEvictedAtTotalLimit() {
    var limiter = new HandshakeLimiter(MOST, MOST, LIMIT, deadlines, late, crowded);
    limiter.acquire(source(1), reason -> ended.add("oldest of all"));
    for (int i = 1; i < MOST; i++) {
      String name = "flood " + i;
      limiter.acquire(source(2), reason -> ended.add(name));
    }
    limiter.acquire(source(3), reason -> ended.add("new"));
    assertThat(ended).containsExactly("flood 1");
    limiter.acquire(source(2), reason -> ended.add("flood 4"));
    assertThat(ended).containsExactly("flood 1", "flood 2");
  }

  /** Row 36: at 3,500 silent connections a second from five addresses, a login lasts longer. */
  @Test
  void floodFromFiveAddressesNeverEvictsAnotherSource() {
    var limiter = new HandshakeLimiter(256, 64, LIMIT, deadlines, late, crowded);
    var honest = limiter.acquire(source(9), reason -> ended.add("honest"));
    for (int i = 0; i < 70_000; i++) {
      limiter.acquire(source(i % 5), reason -> {});
    }
    assertThat(honest.lossReason()).isEmpty();
    assertThat(ended).isEmpty();
    assertThat(limiter.size()).isEqualTo(256);
  }

  /** Sources with one connection each are equal: the oldest goes, so that each has its time. */
  @Test
  void connectionAmongManySourcesStaysUntilAllOthersAreNewer() {
    var limiter = new HandshakeLimiter(256, 64, LIMIT, deadlines, late, crowded);
    var first = limiter.acquire(source(0), reason -> ended.add("first"));
    for (int i = 1; i < 256; i++) {
      limiter.acquire(source(i), reason -> ended.add("later"));
    }
    assertThat(first.lossReason()).isEmpty();
    limiter.acquire(farSource(), reason -> ended.add("last"));
    assertThat(ended).containsExactly("first");
  }

  private static SourcePrefix farSource() {
    return SourcePrefix.of(InetAddress.getLoopbackAddress());
  }

  @Test
  void secondConnectionOfASourceReplacesItsFirstAmongEquals() {
    admit(1, "one");
    admit(2, "two");
    admit(3, "three");
    admit(4, "four");
    admit(3, "three again");
    assertThat(ended).containsExactly("three");
  }

  /** An origin proxy logs in while another client behind the same address does. */
  @Test
  void connectionsOfOneClientAreNotEvictedBeforeOlderOnesOfManySources() {
    var limiter = new HandshakeLimiter(256, 64, LIMIT, deadlines, late, crowded);
    for (int i = 0; i < 250; i++) {
      limiter.acquire(source(i), reason -> ended.add("flood"));
    }
    for (int i = 0; i < 4; i++) {
      limiter.acquire(farSource(), reason -> ended.add("client"));
    }
    for (int i = 0; i < 250; i++) {
      limiter.acquire(source(i), reason -> ended.add("flood"));
    }
    assertThat(ended).isNotEmpty().containsOnly("flood");
  }

  @Test
  void fifthConnectionOfASourceReplacesItsFirstAmongSourcesWithAFew() {
    var limiter = new HandshakeLimiter(256, 64, LIMIT, deadlines, late, crowded);
    for (int i = 0; i < 252; i++) {
      limiter.acquire(source(i), reason -> ended.add("other"));
    }
    for (int i = 1; i <= 5; i++) {
      String name = "client " + i;
      limiter.acquire(farSource(), reason -> ended.add(name));
    }
    assertThat(ended).containsExactly("client 1");
  }

  @Test
  void unverifiedConnectionsDoNotEvictVerifiedOnes() {
    var verified = new ArrayList<HandshakeLimiter.Slot>();
    for (int i = 1; i <= MOST; i++) {
      verified.add(admit(i, "verified"));
      verified.getLast().setVerified();
    }
    for (int i = 0; i < 100; i++) {
      admit(i, "flood");
    }
    assertThat(ended).hasSize(100 - MOST).containsOnly("flood");
    assertThat(verified).allMatch(HandshakeLimiter.Slot::isVerified);
    assertThat(halfOpen.size()).isEqualTo(2 * MOST);
  }

  @Test
  void verifiedConnectionsHaveTheSameLimitsAmongThemselves() {
    var verified = new ArrayList<HandshakeLimiter.Slot>();
    for (int i = 1; i <= 3; i++) {
      verified.add(admit(1, "verified " + i));
      verified.getLast().setVerified();
    }
    assertThat(ended).containsExactly("verified 1");
    var again = verified.getLast().acquireAgain(reason -> ended.add("verified 4"));
    assertThat(again.isVerified()).isTrue();
    assertThat(ended).containsExactly("verified 1", "verified 2");
    assertThat(halfOpen.size()).isEqualTo(2);
  }

  @Test
  void slotThatWasLostOrReleasedCannotBecomeVerified() {
    HandshakeLimiter.Slot lost = admit(1, "lost");
    HandshakeLimiter.Slot released = admit(1, "released");
    admit(1, "newer");
    released.release();
    lost.setVerified();
    released.setVerified();
    assertThat(lost.isVerified()).isFalse();
    assertThat(released.isVerified()).isFalse();
    assertThat(halfOpen.size()).isEqualTo(1);
  }

  @Test
  void verifiedSlotKeepsItsTimeout() throws Exception {
    var brief = halfOpen(Duration.ofMillis(20));
    brief.acquire(source(1), reason -> {}).setVerified();
    Eventually.within(LIMIT, () -> assertThat(brief.size()).isZero());
    assertThat(late.sum()).isEqualTo(1);
  }

  @Test
  void connectionsReplaceEachOtherWhenDescriptorsRunShort() {
    var descriptors = new Descriptors(128);
    var limiter = new HandshakeLimiter(MOST, MOST, LIMIT, deadlines, late, crowded, descriptors);
    limiter.acquire(source(1), reason -> ended.add("first"));
    while (!descriptors.isReserveShort()) {
      descriptors.opened();
    }
    limiter.acquire(source(2), reason -> ended.add("second"));
    assertThat(ended).containsExactly("first");
    assertThat(limiter.size()).isEqualTo(1);
  }

  @Test
  void connectionsUseAQuarterOfTheDescriptorsAtMost() {
    var few = new Descriptors(128);
    var limiter = new HandshakeLimiter(100, MOST, LIMIT, deadlines, late, crowded, few);
    for (int i = 0; i < 100; i++) {
      limiter.acquire(source(i), reason -> {});
    }
    assertThat(limiter.size()).isEqualTo(32);
  }

  @Test
  void failedAcceptEvictsUnverifiedConnectionsOnly() {
    admit(1, "verified").setVerified();
    admit(1, "a");
    admit(2, "b");
    halfOpen.evict(16);
    assertThat(ended).containsExactly("a", "b");
    assertThat(halfOpen.size()).isEqualTo(1);
  }

  /** A reload may change to a transport that needs more memory. */
  @Test
  void loweredLimitAppliesToNewConnections() {
    admit(1, "a");
    admit(2, "b");
    admit(3, "c");
    halfOpen.setMax(2, MAX_OF_SOURCE);
    assertThat(ended).isEmpty();
    admit(4, "d");
    assertThat(ended).containsExactly("a", "b");
    halfOpen.setMax(MOST, MAX_OF_SOURCE);
    admit(5, "e");
    assertThat(ended).containsExactly("a", "b");
  }

  /** Connections that come without a pause keep their number at the old limit otherwise. */
  @Test
  void loweredLimitIsReachedDuringAFlood() {
    var limiter = new HandshakeLimiter(256, 64, LIMIT, deadlines, late, crowded);
    for (int i = 0; i < 256; i++) {
      limiter.acquire(source(i), reason -> {});
    }
    limiter.setMax(64, 64);
    for (int i = 0; i < 192; i++) {
      limiter.acquire(source(i), reason -> {});
    }
    assertThat(limiter.size()).isEqualTo(64);
    limiter.acquire(source(0), reason -> {});
    assertThat(limiter.size()).isEqualTo(64);
  }

  /** The limiters of two addresses are independent. */
  @Test
  void slotIsTakenAgainAtItsOwnLimiter() {
    HandshakeLimiter other = halfOpen(LIMIT);
    HandshakeLimiter.Slot first = other.acquire(source(1), reason -> {});
    first.release();
    first.acquireAgain(reason -> {});
    assertThat(other.size()).isEqualTo(1);
    assertThat(halfOpen.size()).isZero();
  }

  /** Its connections would be evicted first, however many it has. */
  @Test
  void sourceWithManyConnectionsDoesNotRaiseTheLoad() {
    var limiter = new HandshakeLimiter(100, 100, LIMIT, deadlines, late, crowded);
    for (int i = 0; i < 100; i++) {
      limiter.acquire(source(1), reason -> {});
    }
    assertThat(limiter.load()).isEqualTo(0.01);
    for (int i = 2; i <= 51; i++) {
      limiter.acquire(source(i), reason -> {});
    }
    assertThat(limiter.load()).isEqualTo(0.51);
    for (int i = 52; i <= 100; i++) {
      limiter.acquire(source(i), reason -> {});
    }
    assertThat(limiter.load()).isEqualTo(1);
  }

  /** Up to four connections are a few in a large set only. */
  @Test
  void sourceWithTwoConnectionsIsEvictedFirstOnceTheLimitIsLow() {
    var limiter = new HandshakeLimiter(256, 64, LIMIT, deadlines, late, crowded);
    limiter.acquire(source(1), reason -> ended.add("oldest"));
    limiter.acquire(source(2), reason -> ended.add("first of two"));
    limiter.acquire(source(2), reason -> {});
    limiter.setMax(3, 3);
    assertThat(limiter.load()).isEqualTo(2.0 / 3);
    limiter.acquire(source(3), reason -> {});
    assertThat(ended).containsExactly("first of two");
  }

  @Test
  void loadIsThePartOfTheSlotsInUseByConnectionsWithoutAProof() {
    assertThat(halfOpen.load()).isZero();
    admit(1, "a");
    admit(2, "b").setVerified();
    assertThat(halfOpen.load()).isEqualTo(0.25);
    admit(3, "c");
    admit(4, "d");
    halfOpen.setMax(2, MAX_OF_SOURCE);
    assertThat(halfOpen.load()).isEqualTo(1);
  }

  @Test
  void changedLimitOfASourceAppliesToNewConnections() {
    admit(1, "a");
    admit(1, "b");
    halfOpen.setMax(MOST, 3);
    admit(1, "c");
    assertThat(ended).isEmpty();
    halfOpen.setMax(MOST, 1);
    admit(1, "d");
    assertThat(ended).containsExactly("a", "b");
  }
}
