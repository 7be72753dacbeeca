package culvert.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Each complaint about what is waited for, held or let in names its option. */
class LimitsTest {

  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final ByteCount MEGABYTE = new ByteCount(1 << 20);

  private static void refused(String complaint, ThrowingCallable settings) {
    assertThatThrownBy(settings).isInstanceOf(IllegalArgumentException.class).hasMessage(complaint);
  }

  private static Timeouts beats(long everyMillis, long timeoutMillis) {
    return new Timeouts(
        SECOND,
        Duration.ofMillis(everyMillis),
        Duration.ofMillis(timeoutMillis),
        SECOND,
        SECOND,
        SECOND);
  }

  @Test
  void timesOfZeroThatWouldServeNobodyAreRefused() {
    refused(
        "--handshake-timeout is zero: no session could begin",
        () -> new Timeouts(Duration.ZERO, SECOND, SECOND.multipliedBy(2), SECOND, SECOND, SECOND));
    refused(
        "--half-close-timeout is zero: answers would be cut off",
        () -> new Timeouts(SECOND, SECOND, SECOND.multipliedBy(2), Duration.ZERO, SECOND, SECOND));
  }

  @Test
  void whoeverStopsMayDropEverybodyAtOnceAndLogEverything() {
    var timing =
        new Timeouts(SECOND, SECOND, SECOND.multipliedBy(2), SECOND, Duration.ZERO, Duration.ZERO);
    assertThat(timing.drain()).isZero();
    assertThat(timing.logPeriod()).isZero();
  }

  @Test
  void aHeartbeatIsNoFlood() {
    refused("--heartbeat is shorter than 100ms", () -> beats(99, 1000));
    refused("--heartbeat is shorter than 100ms", () -> beats(0, 1000));
    assertThat(beats(100, 101).heartbeat()).hasMillis(100);
  }

  @Test
  void aPeerIsAskedBeforeItIsGivenUp() {
    String complaint =
        "--heartbeat-timeout is not longer than --heartbeat: every silence would be an end";
    refused(complaint, () -> beats(1000, 1000));
    refused(complaint, () -> beats(1000, 999));
    assertThat(beats(1000, 1001).heartbeatTimeout()).hasMillis(1001);
  }

  @Test
  void countsAreBetweenOneAndAMillion() {
    refused("--max-streams is not within 1 to 1000000", () -> bounds(0, 1, MEGABYTE, MEGABYTE));
    refused(
        "--max-streams is not within 1 to 1000000", () -> bounds(1_000_001, 1, MEGABYTE, MEGABYTE));
    refused("--max-opens is not within 1 to 1000000", () -> bounds(1, -1, MEGABYTE, MEGABYTE));
    assertThat(bounds(1, 1_000_000, MEGABYTE, MEGABYTE).opens()).isEqualTo(1_000_000);
    refused("--max-visitors is not within 1 to 1000000", () -> new ConnectionLimits(0, 1, 1, 1));
    refused("--max-sessions is not within 1 to 1000000", () -> new ConnectionLimits(1, 0, 1, 1));
    refused(
        "--max-unauthenticated is not within 1 to 1000000", () -> new ConnectionLimits(1, 1, 0, 1));
    refused(
        "--max-unauthenticated-per-addr is not within 1 to 1000000",
        () -> new ConnectionLimits(1, 1, 1, 0));
    assertThat(new ConnectionLimits(1, 1, 1, 1_000_000).halfOpenPerAddress()).isEqualTo(1_000_000);
  }

  private static ResourceLimits bounds(int streams, int opens, ByteCount stream, ByteCount all) {
    return new ResourceLimits(streams, opens, stream, all);
  }

  /** What the wire lets a stream send before its first grant must find room. */
  @Test
  void aStreamHoldsAtLeastWhatItMaySendUnasked() {
    refused(
        "--max-stream-buffer is less than 16K",
        () -> bounds(1, 1, new ByteCount(16 * 1024 - 1), MEGABYTE));
    assertThat(bounds(1, 1, new ByteCount(16 * 1024), MEGABYTE).streamBytes()).hasToString("16K");
  }

  @Test
  void aStreamHoldsNoMoreThanAnIntegerCounts() {
    var gigabyte = new ByteCount(1 << 30);
    refused(
        "--max-stream-buffer is more than 1G",
        () -> bounds(1, 1, new ByteCount((1 << 30) + 1), MEGABYTE));
    assertThat(bounds(1, 1, gigabyte, MEGABYTE).streamBytes()).isEqualTo(gigabyte);
  }

  @Test
  void allStreamsTogetherHoldAtLeastAMegabyte() {
    refused(
        "--max-buffer is less than 1M", () -> bounds(1, 1, MEGABYTE, new ByteCount((1 << 20) - 1)));
    assertThat(bounds(1, 1, MEGABYTE, MEGABYTE).bufferedBytes()).isEqualTo(MEGABYTE);
  }

  @Test
  void whatIsThereWhenNothingIsGivenPassesItsOwnChecks() {
    assertThat(Timeouts.DEFAULT.heartbeatTimeout()).isGreaterThan(Timeouts.DEFAULT.heartbeat());
    assertThat(ResourceLimits.DEFAULT.bufferedBytes()).isEqualTo(ResourceLimits.shareOfHeap());
    assertThat(ConnectionLimits.DEFAULT.halfOpenPerAddress())
        .as("one address does not fill it")
        .isLessThan(ConnectionLimits.DEFAULT.halfOpen());
  }
}
