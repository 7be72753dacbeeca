package culvert.mux;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The bound on bytes under way, driven by a clock of the test's own. */
class CongestionWindowTest {

  private static final long MILLI = 1_000_000;

  private final CongestionWindow inFlight = new CongestionWindow();
  private long now = MILLI;

  /** Sends all there is room for, and lets the ping behind it come back after {@code millis}. */
  private void roundTrip(long millis) {
    long room = inFlight.available(0);
    inFlight.sent(room);
    inFlight.available(0);
    long token = inFlight.ping(now);
    now += millis * MILLI;
    assertThat(inFlight.pong(token, now)).isTrue();
  }

  @Test
  void limitGrowsWhileRoundTripStaysShort() {
    long first = inFlight.available(0);
    for (int i = 0; i < 4; i++) {
      roundTrip(100);
    }
    assertThat(inFlight.available(0)).isEqualTo(16 * first);
    assertThat(inFlight.roundTripNanos()).isEqualTo(100 * MILLI);
  }

  /** A link that takes its time for each byte: what is under way is what a round trip takes. */
  private void slowLink(int trips, long bytesPerMilli) {
    for (int i = 0; i < trips; i++) {
      roundTrip(10 + inFlight.available(0) / bytesPerMilli);
    }
  }

  @Test
  void limitShrinksUntilSlowLinkQueuesLittle() {
    roundTrip(10);
    for (int rounds = 0; rounds < 20; rounds++) {
      slowLink(50, 10_000);
      assertThat(inFlight.available(0) / 10_000).as("ms of queue").isBetween(15L, 40L);
    }
  }

  @Test
  void limitNeverShrinksBelowMinimum() {
    roundTrip(10);
    slowLink(100, 1000);
    assertThat(inFlight.available(0)).isEqualTo(32 * 1024);
  }

  /** A link with a buffer that takes whatever comes, driven millisecond by millisecond. */
  private final class Link {
    private record Ping(long behindBytes, long token) {}

    private record Pong(long atNanos, long token) {}

    private final long bytesPerMilli;
    private final long tripNanos;
    private final Deque<Ping> pings = new ArrayDeque<>();
    private final Deque<Pong> pongs = new ArrayDeque<>();
    private long in;
    private long out;

    Link(long bytesPerMilli, long tripMillis) {
      this.bytesPerMilli = bytesPerMilli;
      this.tripNanos = tripMillis * MILLI;
    }

    /** A sender that always has more to send; returns how many bytes queue on average. */
    long run(int millis) {
      long queued = 0;
      for (int i = 0; i < millis; i++) {
        now += MILLI;
        out = Math.min(in, out + bytesPerMilli);
        while (!pings.isEmpty() && pings.peek().behindBytes <= out) {
          pongs.add(new Pong(now + tripNanos, pings.poll().token));
        }
        while (!pongs.isEmpty() && pongs.peek().atNanos <= now) {
          assertThat(inFlight.pong(pongs.poll().token, now)).isTrue();
        }
        for (long room = inFlight.available(0); room > 0; room = inFlight.available(0)) {
          long n = Math.min(room, 64 * 1024);
          boolean ping = inFlight.isPingDue(now);
          inFlight.sent(n);
          in += n;
          if (ping) {
            ping();
          }
        }
        if (inFlight.isPingNeeded()) {
          ping();
        }
        queued += in - out;
      }
      return queued / millis;
    }

    private void ping() {
      pings.add(new Ping(in, inFlight.ping(now)));
    }
  }

  /** The queueing delay of the first burst was taken for that of the path, and more was sent. */
  @ParameterizedTest
  @CsvSource({"1250, 50", "1250, 5", "12500, 20", "3000, 100", "1000, 50"})
  void aKeystrokeDoesNotWaitLongBehindBulkOnASlowLink(long bytesPerMilli, long tripMillis) {
    var link = new Link(bytesPerMilli, tripMillis);
    link.run(5_000);
    long queued = link.run(30_000);
    assertThat(queued / bytesPerMilli).as("ms").isLessThan(70);
    assertThat(link.out).as("bytes of a link that is used").isGreaterThan(33_000 * bytesPerMilli);
  }

  /** Fewer bytes under way would not make it any faster, only carry less. */
  @Test
  void delayIndependentOfBytesInFlightIsNotTreatedAsQueue() {
    long first = inFlight.available(0);
    roundTrip(1);
    long sum = 0;
    for (int i = 0; i < 1000; i++) {
      // Now and then one passes that has nothing to wait for.
      roundTrip(i % 10 == 0 ? 1 : 80);
      sum += inFlight.available(0);
    }
    assertThat(sum / 1000).isGreaterThan(16 * first);
  }

  /** It was taken for the path's own delay, and what this side sent next queued for as long. */
  @Test
  void pongDelayBehindPeersBulkIsNotPathDelay() {
    roundTrip(50);
    for (int i = 0; i < 20; i++) {
      long token = inFlight.ping(now);
      now += 450 * MILLI;
      assertThat(inFlight.pong(token, now)).isTrue();
    }
    var link = new Link(1250, 50);
    link.run(2_000);
    assertThat(link.run(5_000) / 1250).as("ms").isLessThan(70);
  }

  @Test
  void roundTripFollowsRecentSamplesNotTheMinimum() {
    roundTrip(1);
    roundTrip(80);
    assertThat(inFlight.roundTripNanos()).isEqualTo(80 * MILLI);
    for (int i = 0; i < 50; i++) {
      roundTrip(1);
    }
    assertThat(inFlight.roundTripNanos()).isBetween(MILLI, 2 * MILLI);
  }

  @Test
  void limitDoesNotGrowUnlessUsedUp() {
    long first = inFlight.available(0);
    inFlight.sent(1000);
    long token = inFlight.ping(now);
    now += MILLI;
    inFlight.pong(token, now);
    assertThat(inFlight.available(0)).isEqualTo(first);
  }

  /** Otherwise a link whose bound shrank below what is under way would stand still for ever. */
  @Test
  void pingIsNeededWhenLimitIsReachedAndNoneIsInFlight() {
    inFlight.sent(inFlight.available(0));
    assertThat(inFlight.available(0)).isZero();
    assertThat(inFlight.isPingNeeded()).isTrue();
    inFlight.ping(now);
    assertThat(inFlight.isPingNeeded()).isFalse();
  }

  @Test
  void pongWithoutPingIsRejected() {
    assertThat(inFlight.pong(0, now)).isFalse();
    inFlight.sent(10);
    inFlight.ping(now);
    assertThat(inFlight.pong(11, now)).isFalse();
    assertThat(inFlight.pong(10, now)).isTrue();
    assertThat(inFlight.pong(9, now)).isFalse();
  }

  /** A side that only grants repeats its token: the answer is to the latest of them. */
  @Test
  void repeatedTokenMatchesTheLatestPing() {
    inFlight.sent(10);
    for (int i = 0; i < 200; i++) {
      inFlight.ping(now);
      now += 5 * MILLI;
      assertThat(inFlight.pong(10, now)).isTrue();
      now += 5000 * MILLI;
    }
    assertThat(inFlight.roundTripNanos()).isEqualTo(5 * MILLI);
  }

  @Test
  void batchedBytesCountBeforeTheyAreSent() {
    long room = inFlight.available(0);
    assertThat(inFlight.available(1000)).isEqualTo(room - 1000);
    assertThat(inFlight.available(room - 1)).as("crumbs are no room").isZero();
  }
}
