package culvert.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.BufferPool;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The messages about invalid timeouts and limits name the option. */
class LimitsTest {

  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Optional<Duration> NEVER = Optional.empty();
  private static final ByteCount MEGABYTE = new ByteCount(1 << 20);

  private static void assertRejected(String message, ThrowingCallable settings) {
    assertThatThrownBy(settings).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
  }

  private static Timeouts heartbeat(long everyMillis, long timeoutMillis) {
    return new Timeouts(
        SECOND,
        Duration.ofMillis(everyMillis),
        Duration.ofMillis(timeoutMillis),
        SECOND,
        NEVER,
        SECOND,
        SECOND);
  }

  private static Timeouts timeouts(
      Duration handshake, Duration halfClose, Optional<Duration> idle, Duration rest) {
    return new Timeouts(handshake, SECOND, SECOND.multipliedBy(2), halfClose, idle, rest, rest);
  }

  @Test
  void zeroTimeoutsThatPreventServiceAreRejected() {
    assertRejected(
        "invalid value '0s' for --handshake-timeout: expected a duration longer than zero:"
            + " with zero, no session could start",
        () -> timeouts(Duration.ZERO, SECOND, NEVER, SECOND));
    assertRejected(
        "invalid value '0s' for --half-close-timeout: expected a duration longer than zero:"
            + " with zero, answers would be cut off",
        () -> timeouts(SECOND, Duration.ZERO, NEVER, SECOND));
    assertRejected(
        "invalid value '0s' for --idle-timeout: expected a duration longer than zero:"
            + " with zero, no connection would stay open",
        () -> timeouts(SECOND, SECOND, Optional.of(Duration.ZERO), SECOND));
  }

  @Test
  void drainAndLogPeriodMayBeZero() {
    Timeouts timing = timeouts(SECOND, SECOND, NEVER, Duration.ZERO);
    assertThat(timing.drain()).isZero();
    assertThat(timing.logPeriod()).isZero();
  }

  @Test
  void heartbeatHasMinimumInterval() {
    assertRejected(
        "invalid value '99ms' for --heartbeat: expected at least 100ms", () -> heartbeat(99, 1000));
    assertRejected(
        "invalid value '0s' for --heartbeat: expected at least 100ms", () -> heartbeat(0, 1000));
    assertThat(heartbeat(100, 101).heartbeat()).hasMillis(100);
  }

  @Test
  void heartbeatTimeoutIsLongerThanHeartbeat() {
    String expected =
        " for --heartbeat-timeout: expected a duration longer than --heartbeat (1s), or"
            + " each pause would end the session";
    assertRejected("invalid value '1s'" + expected, () -> heartbeat(1000, 1000));
    assertRejected("invalid value '999ms'" + expected, () -> heartbeat(1000, 999));
    assertThat(heartbeat(1000, 1001).heartbeatTimeout()).hasMillis(1001);
  }

  @Test
  void countsRangeFromOneToOneMillion() {
    assertRejected(
        "invalid value '0' for --max-streams: expected 1 to 1000000",
        () -> bounds(0, 1, MEGABYTE, MEGABYTE));
    assertRejected(
        "invalid value '1000001' for --max-streams: expected 1 to 1000000",
        () -> bounds(1_000_001, 1, MEGABYTE, MEGABYTE));
    assertRejected(
        "invalid value '-1' for --max-opens: expected 1 to 1000000",
        () -> bounds(1, -1, MEGABYTE, MEGABYTE));
    assertThat(bounds(1, 1_000_000, MEGABYTE, MEGABYTE).opens()).isEqualTo(1_000_000);
    assertRejected(
        "invalid value '0' for --max-visitors: expected 1 to 1000000",
        () -> new ConnectionLimits(0, 1, 1, 1));
    assertRejected(
        "invalid value '0' for --max-visitors-per-addr: expected 1 to 1000000",
        () -> new ConnectionLimits(1, 0, 1, 1, 1));
    assertRejected(
        "invalid value '0' for --max-opens-per-service: expected 1 to 1000000",
        () -> new ResourceLimits(1, 1, 0, MEGABYTE, MEGABYTE));
    assertRejected(
        "invalid value '0' for --max-sessions: expected 1 to 1000000",
        () -> new ConnectionLimits(1, 0, 1, 1));
    assertRejected(
        "invalid value '0' for --max-unauthenticated: expected 1 to 1000000",
        () -> new ConnectionLimits(1, 1, 0, 1));
    assertRejected(
        "invalid value '0' for --max-unauthenticated-per-addr: expected 1 to 1000000",
        () -> new ConnectionLimits(1, 1, 1, 0));
    assertThat(new ConnectionLimits(1, 1, 1, 1_000_000).unauthenticatedPerAddress())
        .isEqualTo(1_000_000);
  }

  /** A small limit is not divided: one address may use all of it. */
  @Test
  void oneAddressHasThreeQuartersOfTheVisitorsByDefault() {
    assertThat(new ConnectionLimits(200, 1, 1, 1).visitorsPerAddress()).isEqualTo(150);
    assertThat(new ConnectionLimits(3, 1, 1, 1).visitorsPerAddress()).isEqualTo(3);
    assertThat(new ConnectionLimits(1, 1, 1, 1).visitorsPerAddress()).isEqualTo(1);
  }

  private static ResourceLimits bounds(int streams, int opens, ByteCount stream, ByteCount all) {
    return new ResourceLimits(streams, opens, stream, all);
  }

  /** The buffer must hold all bytes that the protocol lets a peer send before the first grant. */
  @Test
  void streamBufferHoldsAtLeastTheInitialWindow() {
    assertRejected(
        "invalid value '16383' for --max-stream-buffer: expected at least 16K",
        () -> bounds(1, 1, new ByteCount(16 * 1024 - 1), MEGABYTE));
    assertThat(bounds(1, 1, new ByteCount(16 * 1024), MEGABYTE).streamBytes()).hasToString("16K");
  }

  @Test
  void streamBufferIsAtMost1G() {
    var gigabyte = new ByteCount(1 << 30);
    assertRejected(
        "invalid value '1073741825' for --max-stream-buffer: expected at most 1G",
        () -> bounds(1, 1, new ByteCount((1 << 30) + 1), MEGABYTE));
    assertThat(bounds(1, 1, gigabyte, MEGABYTE).streamBytes()).isEqualTo(gigabyte);
  }

  @Test
  void bufferOfAllStreamsIsAtLeast1M() {
    assertRejected(
        "invalid value '1048575' for --max-buffer: expected at least 1M",
        () -> bounds(1, 1, MEGABYTE, new ByteCount((1 << 20) - 1)));
    assertThat(bounds(1, 1, MEGABYTE, MEGABYTE).bufferedBytes()).isEqualTo(MEGABYTE);
  }

  @Test
  void defaultsAreValid() {
    assertThat(Timeouts.DEFAULT.heartbeatTimeout()).isGreaterThan(Timeouts.DEFAULT.heartbeat());
    assertThat(ResourceLimits.DEFAULT.bufferedBytes()).isEqualTo(ResourceLimits.shareOfHeap());
    assertThat(ConnectionLimits.DEFAULT.unauthenticatedPerAddress())
        .as("one address cannot use all connections")
        .isLessThan(ConnectionLimits.DEFAULT.unauthenticated());
  }

  @Test
  void heapOfTheImageCarriesTenThousandVisitors() throws IOException {
    assertThat(ConnectionLimits.visitorsOfHeap(ImageHeap.bytes())).isBetween(10_000, 11_000);
    assertThat(ConnectionLimits.visitorsOfHeap(0)).isEqualTo(1);
  }

  /** Each of them holds a record and a datagram of 64 KiB that are not complete. */
  @Test
  void incompleteRecordsAndDatagramsOfAllSessionsAreAtMostAQuarterOfTheHeap() throws IOException {
    long heap = ImageHeap.bytes();
    int sessions = ConnectionLimits.sessionsOfHeap(heap);
    assertThat(sessions).isGreaterThan(250);
    assertThat(sessions * (64 + 64 + 8) * 1024L).isLessThanOrEqualTo(heap / 4);
    assertThat(ConnectionLimits.sessionsOfHeap(0)).isEqualTo(1);
    assertThat(ConnectionLimits.sessionsOfHeap(Long.MAX_VALUE)).isEqualTo(1024);
  }

  /** A default that the settings reject would stop every role on a host with much memory. */
  @Test
  void largeHeapGivesTheMaximumNumberOfVisitors() {
    assertThat(ConnectionLimits.visitorsOfHeap(1L << 40)).isEqualTo(1_000_000);
  }

  /** Above half no window grows. */
  @ParameterizedTest
  @ValueSource(longs = {64, 142, 512, 1024})
  void idleRelaysOfAllVisitorsHoldLessThanAThirdOfTheBudget(long megabytes) {
    long heap = megabytes << 20;
    long ofRelay = 2 * BufferPool.IDLE_BYTES;
    assertThat(ConnectionLimits.visitorsOfHeap(heap) * ofRelay).isLessThan(heap / 4 / 3);
  }
}
