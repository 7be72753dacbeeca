package culvert.mux;

import java.time.Duration;

/**
 * Decides from a link's counters, once per tick, whether the peer is alive. Any byte received
 * counts, because PONGs may queue behind bulk data; a blocked write does not count. Time during
 * which this process or host was suspended does not count against the peer: a PING is sent at once
 * and the peer gets one short grace period, the next one only after it has sent a byte. A PING is
 * also sent after a time without a byte sent, so that a side that only receives does not appear
 * dead to its peer. Not thread-safe: only the timer thread uses it.
 */
final class LivenessRule {

  /** Result of a check. */
  enum Verdict {
    /** The peer is alive. */
    ALIVE,
    /** A PING is due. */
    PING,
    /** The peer is dead: nothing was received. */
    SILENT,
    /** The peer is dead: nothing could be written. */
    BLOCKED
  }

  /**
   * The counters at one tick.
   *
   * @param nanos monotonic time, which stops while the host is suspended
   * @param wallMillis wall-clock time, which continues then but may be set
   * @param received bytes received so far
   * @param sent bytes sent so far
   * @param acknowledged sent bytes that the peer has acknowledged
   * @param writing whether a write is in progress
   * @param awaiting whether an OPEN of this side has no answer
   */
  record Sample(
      long nanos,
      long wallMillis,
      long received,
      long sent,
      long acknowledged,
      boolean writing,
      boolean awaiting) {}

  private static final long MAX_GRACE_NANOS = Duration.ofSeconds(5).toNanos();

  /** A tick later than this means that this process or host was suspended. */
  private static final long MAX_LATE_NANOS = Duration.ofSeconds(2).toNanos();

  /**
   * Blocked writes get a longer limit: on a slow uplink behind a large send buffer a write may
   * block for long although the peer reads all the time.
   */
  static final int BLOCKED_TIMEOUTS = 3;

  private final long everyNanos;
  private final long timeoutNanos;
  private final long graceNanos;
  private final long suspendedNanos;
  private final long lateNanos;
  private final long blockedNanos;
  private final long startNanos;
  private final Elapsed silence = new Elapsed();
  private final Elapsed write = new Elapsed();
  private Sample last;
  private long sentNanos;
  private long pingedNanos;
  private boolean pinged;

  /** Read by threads that select a session. */
  private volatile boolean quiet;

  /** Time since an event; extended once for a time without ticks. */
  private final class Elapsed {
    private long sinceNanos;
    private boolean extended;

    void restart(long nowNanos) {
      sinceNanos = nowNanos;
      extended = false;
    }

    /** Leaves at least the grace period until the limit; returns false if that was done before. */
    boolean extendOnce(long nowNanos, long limitNanos) {
      boolean first = !extended;
      if (first) {
        extended = true;
        sinceNanos = Math.max(sinceNanos, nowNanos - limitNanos + graceNanos);
      }
      return first;
    }

    /** Leaves at most the grace period until the limit. */
    void shorten(long nowNanos, long limitNanos) {
      sinceNanos = Math.min(sinceNanos, nowNanos - limitNanos + graceNanos);
    }

    boolean hasPassed(long nowNanos, long limitNanos) {
      return nowNanos - sinceNanos >= limitNanos;
    }
  }

  LivenessRule(Heartbeat heartbeat, Sample first) {
    everyNanos = heartbeat.every().toNanos();
    timeoutNanos = heartbeat.timeout().toNanos();
    graceNanos = Math.min(MAX_GRACE_NANOS, timeoutNanos / 4);
    suspendedNanos = Math.min(MAX_LATE_NANOS, timeoutNanos / 4);
    lateNanos = heartbeat.tick().toNanos() + suspendedNanos;
    blockedNanos = BLOCKED_TIMEOUTS * timeoutNanos;
    startNanos = first.nanos();
    last = first;
  }

  /**
   * The changes since the previous tick.
   *
   * @param now time since the start; the monotonic clock itself may wrap around
   * @param writeMoved whether a write made progress or none was in progress
   * @param suspended whether this process or the host was suspended
   */
  private record Tick(
      long now,
      boolean received,
      boolean sent,
      boolean writeMoved,
      boolean suspended,
      boolean hostSuspended) {}

  /** Returns the verdict of one tick. */
  Verdict check(Sample sample) {
    Tick tick = tick(sample);
    long now = tick.now();
    last = sample;
    quiet = pinged && !tick.received();
    record(tick);
    if (tick.suspended() && !tick.received() && silence.extendOnce(now, timeoutNanos)) {
      if (tick.hostSuspended()) {
        silence.shorten(now, timeoutNanos);
      }
      return ping(now);
    }
    if (silence.hasPassed(now, timeoutNanos)) {
      return Verdict.SILENT;
    }
    if (write.hasPassed(now, blockedNanos)) {
      return Verdict.BLOCKED;
    }
    return isPingDue(tick, sample.awaiting()) ? ping(now) : Verdict.ALIVE;
  }

  private Tick tick(Sample sample) {
    long passed = sample.nanos() - last.nanos();
    long wallPassed = (sample.wallMillis() - last.wallMillis()) * 1_000_000;
    // Only the difference of the two clocks shows that the host was suspended.
    boolean hostSuspended = wallPassed - passed > suspendedNanos;
    boolean sent = sample.sent() != last.sent();
    boolean writes = sample.writing() && last.writing();
    return new Tick(
        sample.nanos() - startNanos,
        sample.received() != last.received(),
        sent,
        sent || sample.acknowledged() != last.acknowledged() || !writes,
        hostSuspended || passed > lateNanos,
        hostSuspended);
  }

  private void record(Tick tick) {
    if (tick.received()) {
      silence.restart(tick.now());
      pinged = false;
    }
    if (tick.sent()) {
      sentNanos = tick.now();
    }
    if (tick.writeMoved()) {
      write.restart(tick.now());
    } else if (tick.suspended()) {
      write.extendOnce(tick.now(), blockedNanos);
    }
  }

  private boolean isPingDue(Tick tick, boolean awaiting) {
    long lastSent = Math.max(pingedNanos, Math.min(silence.sinceNanos, sentNanos));
    return tick.now() - lastSent >= everyNanos || awaiting && !tick.received() && !pinged;
  }

  private Verdict ping(long nowNanos) {
    pinged = true;
    pingedNanos = nowNanos;
    return Verdict.PING;
  }

  /** Returns whether a PING was sent and nothing has been received for a tick or longer. */
  boolean isQuiet() {
    return quiet;
  }
}
