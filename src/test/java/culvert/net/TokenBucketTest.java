package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.testing.Seed;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Rates of bytes, with a clock that the test moves. */
class TokenBucketTest {

  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final int RATE = 100_000;

  private long now = Long.MAX_VALUE - SECOND;

  private TokenBucket bucket(long rate) {
    var bucket = new TokenBucket(() -> now);
    bucket.setRate(rate);
    return bucket;
  }

  @Test
  void bucketWithoutARateLimitsNothing() {
    TokenBucket bucket = bucket(TokenBucket.UNLIMITED);
    assertThat(bucket.isUnlimited()).isTrue();
    assertThat(bucket.piece()).isEqualTo(Integer.MAX_VALUE);
    for (int i = 0; i < 10; i++) {
      assertThat(bucket.reserve(Integer.MAX_VALUE)).isZero();
      assertThat(bucket.tryTake(Integer.MAX_VALUE)).isTrue();
    }
  }

  @Test
  void reservationsFollowOneAnother() {
    TokenBucket bucket = bucket(RATE);
    assertThat(bucket.reserve(RATE)).isZero();
    assertThat(bucket.reserve(RATE / 2)).isEqualTo(SECOND);
    assertThat(bucket.reserve(RATE)).isEqualTo(SECOND * 3 / 2);
    now += SECOND;
    assertThat(bucket.reserve(0)).isEqualTo(SECOND * 3 / 2);
  }

  @Test
  void quarterOfASecondIsKeptForABurst() {
    TokenBucket bucket = bucket(RATE);
    now += 100 * SECOND;
    assertThat(bucket.reserve(RATE / 4)).isZero();
    assertThat(bucket.reserve(RATE)).isZero();
    assertThat(bucket.reserve(0)).isEqualTo(SECOND);
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
    assertThat(bucket.tryTake(RATE)).as("a datagram may be longer than the burst").isTrue();
    assertThat(bucket.tryTake(1)).isFalse();
    now += SECOND;
    assertThat(bucket.tryTake(1)).isTrue();
  }

  @Test
  void bytesThatAreGivenBackCanPassLater() {
    TokenBucket bucket = bucket(RATE);
    bucket.reserve(RATE);
    bucket.giveBack(RATE);
    assertThat(bucket.reserve(1)).isZero();
  }

  @Test
  void debtIsPaidAtTheNewRate() {
    TokenBucket bucket = bucket(RATE);
    bucket.reserve(RATE);
    bucket.setRate(RATE * 4);
    assertThat(bucket.changes()).isEqualTo(2);
    assertThat(bucket.reserve(0)).isEqualTo(SECOND / 4);
    bucket.setRate(RATE * 4);
    assertThat(bucket.changes()).as("equal rate").isEqualTo(2);
    bucket.setRate(TokenBucket.UNLIMITED);
    assertThat(bucket.reserve(RATE)).isZero();
    bucket.setRate(RATE);
    assertThat(bucket.reserve(0)).as("no debt of the time without a rate").isZero();
  }

  @Test
  void pieceIsATwentiethOfASecondWithinLimits() {
    assertThat(bucket(1024).piece()).isEqualTo(512);
    assertThat(bucket(RATE).piece()).isEqualTo(RATE / 20);
    assertThat(bucket(1L << 40).piece()).isEqualTo(64 * 1024);
  }

  @Test
  void bytesPassSeveralBucketsAtTheLowestRate() {
    TokenBucket slow = bucket(RATE);
    TokenBucket fast = bucket(RATE * 10);
    var limit = new BandwidthLimit(List.of(fast, slow));
    assertThat(limit.piece()).isEqualTo(RATE / 20);
    assertThat(limit.reserve(RATE)).isZero();
    assertThat(limit.reserve(RATE)).isEqualTo(SECOND);
    now += SECOND;
    assertThat(limit.tryTake(1)).as("the slow one needs another second").isFalse();
    assertThat(fast.tryTake(1)).as("the fast one has taken nothing").isTrue();
    assertThat(new BandwidthLimit(List.of(fast, bucket(TokenBucket.UNLIMITED))).isUnlimited())
        .isFalse();
    assertThat(BandwidthLimit.NONE.isUnlimited()).isTrue();
    assertThat(BandwidthLimit.NONE.tryTake(RATE)).isTrue();
  }
}
