package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.testing.Seed;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Rates of bytes, with a clock that the test moves. */
@Timeout(60)
class TokenBucketTest {

  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final long MILLISECOND = SECOND / 1000;
  private static final int RATE = 100_000;
  private static final int PIECE = RATE / 20;
  private static final SourcePrefix ONE = source(1);
  private static final SourcePrefix TWO = source(2);

  private long now = Long.MAX_VALUE - SECOND;
  private int ticks;

  private static SourcePrefix source(int number) {
    byte[] address = {10, (byte) (number >> 16), (byte) (number >> 8), (byte) number};
    try {
      return SourcePrefix.of(InetAddress.getByAddress(address));
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }

  private TokenBucket bucket(long rate) {
    var bucket = new TokenBucket(() -> now, 0);
    bucket.setRate(rate);
    return bucket;
  }

  private static TokenBucket.Waiter join(TokenBucket bucket, SourcePrefix source, int bytes) {
    return bucket.join(source, bytes, () -> false);
  }

  /** A sender with endless bytes, which the test runs in its own thread. */
  private static final class Sender {
    private final TokenBucket bucket;
    private final SourcePrefix source;
    private final int bytes;
    private TokenBucket.Waiter waiter;
    private long passed;

    Sender(TokenBucket bucket, SourcePrefix source, int bytes) {
      this.bucket = bucket;
      this.source = source;
      this.bytes = bytes;
    }

    private void step() {
      if (waiter == null) {
        waiter = join(bucket, source, bytes);
      }
      if (waiter.waitNanos() == 0) {
        passed += waiter.leave();
        waiter = null;
      }
    }
  }

  private static List<Sender> senders(
      int count, TokenBucket bucket, SourcePrefix source, int bytes) {
    return Stream.generate(() -> new Sender(bucket, source, bytes)).limit(count).toList();
  }

  private static long passed(List<Sender> senders) {
    return senders.stream().mapToLong(sender -> sender.passed).sum();
  }

  /** Runs senders once in each millisecond of a time, and another action after them. */
  private void run(long seconds, List<Sender> senders, Runnable action) {
    for (long left = seconds * 1000; left > 0; left--) {
      now += MILLISECOND;
      ticks++;
      senders.forEach(Sender::step);
      action.run();
    }
  }

  @Test
  void bucketWithoutARateLimitsNothing() {
    TokenBucket bucket = bucket(TokenBucket.UNLIMITED);
    assertThat(bucket.isUnlimited()).isTrue();
    assertThat(bucket.piece()).isEqualTo(Integer.MAX_VALUE);
    for (int i = 0; i < 10; i++) {
      assertThat(bucket.take(ONE, Integer.MAX_VALUE, () -> false)).isEqualTo(Integer.MAX_VALUE);
      assertThat(bucket.tryTake(Integer.MAX_VALUE)).isTrue();
      assertThat(bucket.tryTakeDatagram(ONE, false, 65_507)).isTrue();
    }
  }

  @Test
  void sendersFollowOneAnother() {
    TokenBucket bucket = bucket(RATE);
    TokenBucket.Waiter first = join(bucket, ONE, RATE);
    TokenBucket.Waiter second = join(bucket, ONE, 1000);
    TokenBucket.Waiter third = join(bucket, ONE, RATE);
    assertThat(first.waitNanos()).isZero();
    assertThat(first.leave()).as("no more than a piece").isEqualTo(PIECE);
    assertThat(second.waitNanos()).isEqualTo(SECOND / 20);
    assertThat(third.waitNanos()).as("until it is woken").isEqualTo(Long.MAX_VALUE);
    now += SECOND / 20;
    assertThat(second.waitNanos()).isZero();
    assertThat(second.leave()).isEqualTo(1000);
    assertThat(third.waitNanos()).isEqualTo(SECOND / 100);
  }

  /** The reader of a link takes the lock for each datagram, and all its services would wait. */
  @Test
  void sendersThatWaitAreAskedWithoutTheLock() {
    TokenBucket bucket = bucket(RATE);
    assertThat(bucket.tryTake(RATE)).isTrue();
    var asked = new AtomicInteger();
    TokenBucket.Waiter waiter =
        bucket.join(
            ONE,
            1000,
            () -> {
              var datagram =
                  CompletableFuture.supplyAsync(() -> bucket.tryTakeDatagram(TWO, true, 100));
              assertThat(datagram.orTimeout(10, TimeUnit.SECONDS).join()).isTrue();
              asked.incrementAndGet();
              return true;
            });
    now += SECOND / 10;
    assertThat(waiter.waitNanos()).as("it has to end").isZero();
    assertThat(waiter.leave()).isZero();
    assertThat(asked).hasValue(1);
  }

  @Test
  void sendersThatWaitHaveExactlyTheRate() {
    TokenBucket bucket = bucket(RATE);
    List<Sender> senders = senders(3, bucket, ONE, PIECE);
    run(20, senders, () -> {});
    assertThat(passed(senders)).isBetween(20L * RATE - PIECE, 20L * RATE + PIECE);
  }

  @Test
  void quarterOfASecondIsKeptForABurst() {
    TokenBucket bucket = bucket(RATE);
    now += 100 * SECOND;
    assertThat(bucket.tryTake(RATE / 4)).isTrue();
    assertThat(bucket.tryTake(RATE)).isTrue();
    now += SECOND - 1;
    assertThat(bucket.tryTake(1)).isFalse();
    now += 1;
    assertThat(bucket.tryTake(1)).isTrue();
  }

  /** Senders of any size, at any times: never more than the rate, the burst and one piece each. */
  @Test
  void bytesOfAnyTimeAreAtMostTheRateAndTheBurst() {
    Random random = Seed.random("TokenBucketTest");
    TokenBucket bucket = bucket(RATE);
    long begin = now;
    long passed = 0;
    int piece = bucket.piece();
    for (int i = 0; i < 10_000; i++) {
      now += random.nextLong(SECOND / 10);
      for (int tries = 0; tries < 3; tries++) {
        passed += bucket.tryTake(piece) ? piece : 0;
      }
      long most = (now - begin) / 1000 * RATE / (SECOND / 1000) + RATE / 4 + piece;
      assertThat(passed).isLessThanOrEqualTo(most);
    }
    assertThat(passed).as("mean rate").isGreaterThan((now - begin) / SECOND * RATE * 9 / 10);
  }

  @Test
  void bytesPassAtOnceOnlyIfNoOthersHaveToPassBefore() {
    TokenBucket bucket = bucket(RATE);
    assertThat(bucket.tryTake(RATE)).isTrue();
    assertThat(bucket.tryTake(1)).isFalse();
    now += SECOND;
    TokenBucket.Waiter waiter = join(bucket, ONE, 1);
    assertThat(bucket.tryTake(1)).as("another sender waits").isFalse();
    assertThat(waiter.waitNanos()).isZero();
    assertThat(bucket.tryTake(1)).isFalse();
    now += SECOND / RATE;
    assertThat(bucket.tryTake(1)).isTrue();
  }

  @Test
  void bytesThatAreGivenBackCanPassLater() {
    TokenBucket bucket = bucket(RATE);
    assertThat(bucket.tryTake(RATE)).isTrue();
    TokenBucket.Waiter waiter = join(bucket, ONE, 1);
    assertThat(waiter.waitNanos()).isPositive();
    bucket.giveBack(RATE);
    assertThat(waiter.waitNanos()).isZero();
  }

  /** Each of them had a place in a line of reservations before, which it kept after its end. */
  @Test
  void sendersThatLeaveTheQueueDelayNoOther() {
    TokenBucket bucket = bucket(4096);
    assertThat(bucket.tryTake(512)).isTrue();
    List<TokenBucket.Waiter> ended =
        IntStream.range(0, 1000).mapToObj(i -> join(bucket, source(i), 512)).toList();
    TokenBucket.Waiter last = join(bucket, source(1000), 512);
    assertThat(ended).allSatisfy(waiter -> assertThat(waiter.waitNanos()).isPositive());
    assertThat(ended).allSatisfy(waiter -> assertThat(waiter.leave()).isZero());
    now += SECOND / 8;
    assertThat(last.waitNanos()).isZero();
    assertThat(last.leave()).isEqualTo(512);
  }

  @Test
  void firstSenderThatLeavesMakesTheNextOneWaitForATime() {
    TokenBucket bucket = bucket(RATE);
    bucket.tryTake(PIECE);
    TokenBucket.Waiter first = join(bucket, ONE, PIECE);
    TokenBucket.Waiter second = join(bucket, TWO, PIECE);
    assertThat(first.waitNanos()).isEqualTo(SECOND / 20);
    assertThat(second.waitNanos()).isEqualTo(Long.MAX_VALUE);
    first.leave();
    assertThat(second.waitNanos()).isEqualTo(SECOND / 20);
  }

  /** One sender that wakes for all of them is enough, with any number in the queue. */
  @Test
  void senderThatHasToEndIsWokenWhereverItIsInTheQueue() throws Exception {
    var bucket = new TokenBucket();
    bucket.setRate(1024);
    bucket.tryTake(1_000_000);
    var isFirstOver = new AtomicBoolean();
    var isSecondOver = new AtomicBoolean();
    var first = new FutureTask<>(() -> bucket.take(ONE, 512, isFirstOver::get));
    var second = new FutureTask<>(() -> bucket.take(TWO, 512, isSecondOver::get));
    Threads.start("first", first);
    Threads.start("second", second);
    isSecondOver.set(true);
    assertThat(second.get(30, TimeUnit.SECONDS)).isZero();
    assertThat(first.isDone()).isFalse();
    isFirstOver.set(true);
    assertThat(first.get(30, TimeUnit.SECONDS)).isZero();
  }

  @Test
  void otherRateIsUsedBySendersThatWait() throws Exception {
    var bucket = new TokenBucket();
    bucket.setRate(1024);
    bucket.tryTake(1_000_000);
    var first = new FutureTask<>(() -> bucket.take(ONE, 5000, () -> false));
    var second = new FutureTask<>(() -> bucket.take(TWO, 5000, () -> false));
    Threads.start("first", first);
    Threads.start("second", second);
    bucket.setRate(1_000_000_000);
    assertThat(first.get(30, TimeUnit.SECONDS)).isEqualTo(5000);
    assertThat(second.get(30, TimeUnit.SECONDS)).isEqualTo(5000);
  }

  @Test
  void higherRateShortensTheDebt() {
    TokenBucket bucket = bucket(RATE);
    assertThat(bucket.tryTake(RATE)).isTrue();
    bucket.setRate(RATE * 4);
    now += SECOND / 4 - 1;
    assertThat(bucket.tryTake(1)).isFalse();
    now += 1;
    assertThat(bucket.tryTake(RATE)).isTrue();
    bucket.setRate(TokenBucket.UNLIMITED);
    assertThat(bucket.tryTake(RATE)).isTrue();
    bucket.setRate(RATE);
    assertThat(bucket.tryTake(1)).as("no debt of the time without a rate").isTrue();
  }

  /** A hundred busy senders owed a piece each, which took minutes at the lower rate. */
  @Test
  void lowerRateStopsNoSenderForOldDebt() {
    TokenBucket bucket = bucket(100_000_000);
    List<Sender> senders = senders(100, bucket, ONE, 64 * 1024);
    run(1, senders, () -> {});
    long before = passed(senders);
    bucket.setRate(10_000);
    run(1, senders, () -> {});
    assertThat(passed(senders) - before).isBetween(9_000L, 10_000L + 2 * 512);
    Sender next = new Sender(bucket, TWO, 512);
    run(1, Stream.concat(senders.stream(), Stream.of(next)).toList(), () -> {});
    assertThat(next.passed).isPositive();
  }

  @Test
  void pieceIsATwentiethOfASecondWithinLimits() {
    assertThat(bucket(1024).piece()).isEqualTo(512);
    assertThat(bucket(RATE).piece()).isEqualTo(PIECE);
    assertThat(bucket(1L << 40).piece()).isEqualTo(64 * 1024);
  }

  @Test
  void manySendersOfOneSourceTakeTurnsWithASingleOne() {
    TokenBucket bucket = bucket(RATE);
    List<Sender> many = senders(100, bucket, ONE, PIECE);
    var single = new Sender(bucket, TWO, PIECE);
    run(20, Stream.concat(many.stream(), Stream.of(single)).toList(), () -> {});
    assertThat(single.passed).isBetween(20L * RATE * 45 / 100, 20L * RATE * 55 / 100);
    assertThat(many).as("each has its turn").allSatisfy(one -> assertThat(one.passed).isPositive());
  }

  @Test
  void shortWritesOfManySendersShareTheTurnOfTheirSource() {
    TokenBucket bucket = bucket(RATE);
    List<Sender> keystrokes = senders(50, bucket, ONE, 100);
    var bulk = new Sender(bucket, TWO, PIECE);
    run(20, Stream.concat(keystrokes.stream(), Stream.of(bulk)).toList(), () -> {});
    assertThat(passed(keystrokes)).isGreaterThan(20L * RATE * 40 / 100);
  }

  /** A copy loop that waits reads 2 KB at a time, less than a piece. */
  @Test
  void shortWritesOfASingleSenderUseTheWholeTurnOfItsSource() {
    TokenBucket bucket = bucket(RATE);
    List<Sender> many = senders(50, bucket, ONE, PIECE);
    var single = new Sender(bucket, TWO, 2000);
    run(20, Stream.concat(many.stream(), Stream.of(single)).toList(), () -> {});
    assertThat(single.passed).isBetween(20L * RATE * 45 / 100, 20L * RATE * 60 / 100);
  }

  // Datagrams.

  /** Datagrams of one source, of which a part passes. */
  private static final class Datagrams {
    private final TokenBucket bucket;
    private final boolean isConfirmed;
    private final int bytes;
    private int sent;
    private long passed;

    Datagrams(TokenBucket bucket, boolean isConfirmed, int bytes) {
      this.bucket = bucket;
      this.isConfirmed = isConfirmed;
      this.bytes = bytes;
    }

    private void send(SourcePrefix source) {
      sent++;
      passed += bucket.tryTakeDatagram(source, isConfirmed, bytes) ? bytes : 0;
    }
  }

  @Test
  void datagramsAloneHaveTheRate() {
    TokenBucket bucket = bucket(RATE);
    var flood = new Datagrams(bucket, true, 1000);
    run(20, List.of(), () -> flood.send(ONE));
    assertThat(flood.passed).isBetween(20L * RATE, 20L * RATE + RATE / 4 + 2 * 1000);
  }

  /** Each of them found a debt of the transfer before, and was dropped. */
  @Test
  void transferOfAClientDropsNoDatagramOfIt() {
    TokenBucket bucket = bucket(RATE);
    var transfer = new Sender(bucket, ONE, PIECE);
    var datagrams = new Datagrams(bucket, true, 100);
    run(
        20,
        List.of(transfer),
        () -> {
          if (ticks % 50 == 0) {
            datagrams.send(ONE);
          }
        });
    assertThat(datagrams.passed).isEqualTo(400 * 100);
    assertThat(transfer.passed + datagrams.passed)
        .as("the sum stays at the rate")
        .isBetween(20L * RATE - PIECE, 20L * RATE + 2 * PIECE);
  }

  @Test
  void floodOfDatagramsLeavesHalfOfTheRateToATransfer() {
    TokenBucket bucket = bucket(RATE);
    var transfer = new Sender(bucket, ONE, PIECE);
    var flood = new Datagrams(bucket, true, 1000);
    run(20, List.of(transfer), () -> flood.send(ONE));
    assertThat(transfer.passed).isGreaterThan(20L * RATE * 45 / 100);
    assertThat(flood.passed).isGreaterThan(20L * RATE * 45 / 100);
    assertThat(transfer.passed + flood.passed).isLessThan(20L * RATE + RATE / 2);
  }

  @Test
  void floodOfOneSourceLeavesDatagramsOfOthersTheirPart() {
    TokenBucket bucket = bucket(RATE);
    var flood = new Datagrams(bucket, true, 1000);
    var other = new Datagrams(bucket, true, 1000);
    run(
        20,
        List.of(),
        () -> {
          flood.send(ONE);
          if (ticks % 25 == 0) {
            other.send(TWO);
          }
        });
    assertThat(other.passed).as("at two fifths of the rate").isEqualTo(1000L * other.sent);
    assertThat(flood.passed + other.passed).isGreaterThan(20L * RATE * 95 / 100);
  }

  @Test
  void floodFromForgedSourcesLeavesConfirmedFlowsHalf() {
    Random random = Seed.random("TokenBucketTest");
    TokenBucket bucket = bucket(RATE);
    var flood = new Datagrams(bucket, false, 1000);
    var other = new Datagrams(bucket, true, 1000);
    run(
        20,
        List.of(),
        () -> {
          flood.send(source(random.nextInt(1 << 24)));
          if (ticks % 25 == 0) {
            other.send(TWO);
          }
        });
    assertThat(other.passed).as("at two fifths of the rate").isEqualTo(1000L * other.sent);
  }

  @Test
  void datagramLongerThanTheLimitPassesAtALowRate() {
    TokenBucket bucket = bucket(1024);
    assertThat(bucket.tryTakeDatagram(ONE, true, 65_507)).isTrue();
    assertThat(bucket.tryTakeDatagram(ONE, true, 1)).isFalse();
    now += 64 * SECOND;
    assertThat(bucket.tryTakeDatagram(ONE, true, 1)).isTrue();
  }

  @Test
  void datagramThatIsGivenBackOwesNothing() {
    TokenBucket bucket = bucket(RATE);
    assertThat(bucket.tryTakeDatagram(ONE, true, RATE / 2)).isTrue();
    assertThat(bucket.tryTakeDatagram(ONE, true, 1)).isFalse();
    bucket.giveBackDatagram(ONE, true, RATE / 2);
    assertThat(bucket.tryTake(1)).isTrue();
    assertThat(bucket.tryTakeDatagram(ONE, true, 1)).isTrue();
    // It had passed before a reload set the rate.
    TokenBucket later = bucket(RATE);
    later.giveBackDatagram(ONE, true, 100);
    assertThat(later.tryTakeDatagram(ONE, true, 1)).isTrue();
  }

  // Several buckets.

  @Test
  void bytesPassSeveralBucketsAtTheLowestRate() {
    TokenBucket slow = bucket(RATE);
    TokenBucket fast = bucket(RATE * 10);
    var limit = new BandwidthLimit(List.of(fast, slow), ONE);
    assertThat(limit.piece()).isEqualTo(PIECE);
    assertThat(limit.take(RATE, () -> false)).isEqualTo(PIECE);
    now += SECOND / 20 - 1;
    assertThat(limit.tryTake(1)).as("the slow one is not free").isFalse();
    assertThat(fast.tryTake(1)).as("the fast one has taken nothing").isTrue();
    now += SECOND;
    assertThat(slow.tryTakeDatagram(ONE, true, RATE)).isTrue();
    assertThat(limit.tryTakeDatagram(1, true)).isFalse();
    assertThat(fast.tryTakeDatagram(ONE, true, 1)).isTrue();
    var half = new BandwidthLimit(List.of(fast, bucket(TokenBucket.UNLIMITED)), ONE);
    assertThat(half.isUnlimited()).isFalse();
    assertThat(BandwidthLimit.NONE.isUnlimited()).isTrue();
    assertThat(BandwidthLimit.NONE.tryTake(RATE)).isTrue();
  }

  @Test
  void senderThatEndsInTheSecondQueueGivesBackWhatTheFirstBucketPermitted() {
    TokenBucket slow = bucket(RATE);
    slow.tryTake(100 * RATE);
    // The slow one looks for senders that have to end, and the fast one does not yet.
    now += SECOND;
    TokenBucket fast = bucket(RATE);
    var limit = new BandwidthLimit(List.of(fast, slow), ONE);
    assertThat(limit.take(PIECE, () -> true)).isZero();
    assertThat(fast.tryTake(1)).isTrue();
  }
}
