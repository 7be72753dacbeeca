package culvert.mux;

import java.time.Duration;

/** A watchdog's ticks by a clock of the test's own. */
final class FakeTicker {

  static final Heartbeat HEARTBEAT = new Heartbeat(Duration.ofSeconds(10), Duration.ofSeconds(20));
  static final long TICK_MILLIS = HEARTBEAT.tick().toMillis();

  /** As near to the end of the counter as a long-lived machine's may be. */
  private static final long BEGAN_NANOS = Long.MAX_VALUE - 1_000_000_000L;

  final LivenessRule liveness;
  long received;
  long sent;
  long arrived;
  boolean writing;
  boolean awaiting;
  private long nanos = BEGAN_NANOS;
  private long wallMillis = 1_700_000_000_000L;

  FakeTicker() {
    this(HEARTBEAT);
  }

  FakeTicker(Heartbeat heartbeat) {
    liveness = new LivenessRule(heartbeat, signs());
  }

  private LivenessRule.Sample signs() {
    return new LivenessRule.Sample(nanos, wallMillis, received, sent, arrived, writing, awaiting);
  }

  /** Milliseconds since the beginning, the machine's sleep left out. */
  long millis() {
    return (nanos - BEGAN_NANOS) / 1_000_000;
  }

  /** A tick in time. */
  LivenessRule.Verdict tick() {
    return after(TICK_MILLIS);
  }

  /** A tick that comes when so much has passed by both clocks. */
  LivenessRule.Verdict after(long millis) {
    return after(millis, millis);
  }

  /** Ticks with a wall clock that advanced by another time than the monotonic clock. */
  LivenessRule.Verdict after(long millis, long onTheWall) {
    nanos += millis * 1_000_000;
    wallMillis += onTheWall;
    return liveness.check(signs());
  }

  /** Ticks in time until a verdict comes that is none of "well". */
  LivenessRule.Verdict untilNotWell() {
    for (; ; ) {
      LivenessRule.Verdict verdict = tick();
      if (verdict != LivenessRule.Verdict.ALIVE) {
        return verdict;
      }
    }
  }
}
