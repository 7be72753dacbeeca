package culvert.mux;

import java.time.Duration;

/**
 * Judges from a link's counters, tick by tick, whether its peer is alive. Any byte received is a
 * sign of life, since pongs may queue behind bulk; a write that takes nothing away is none. Who was
 * itself asleep, be it the process or the machine, does not blame the peer for the silence: it asks
 * at once and gives the peer a short while, once until it hears from it again. It asks a peer also
 * when it has said nothing itself for long, so that one that only receives is heard. Not
 * thread-safe: only the watchdog asks.
 */
final class LivenessRule {

  /** What to do at this tick. */
  enum Verdict {
    /** Nothing. */
    ALIVE,
    /** Send a ping. */
    PING,
    /** Give up: nothing came. */
    SILENT,
    /** Give up: nothing could be sent. */
    BLOCKED
  }

  /**
   * What a tick sees.
   *
   * @param nanos the time that never jumps, but stands still while the machine sleeps
   * @param wallMillis the time that goes on then, but may be set
   * @param received bytes received so far
   * @param sent bytes sent so far
   * @param arrived bytes of them that the peer is known to have
   * @param writing whether a write is under way
   * @param awaiting whether an open of ours has no answer
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

  /** Ticks this much late mean that this process or machine was asleep. */
  private static final long MAX_LATE_NANOS = Duration.ofSeconds(2).toNanos();

  /**
   * On a slow uplink behind a large send buffer it takes long until a write moves again, although
   * the peer takes bytes all the time.
   */
  static final int BLOCKED_TIMEOUTS = 3;

  private final long everyNanos;
  private final long timeoutNanos;
  private final long graceNanos;
  private final long suspendedNanos;
  private final long lateNanos;
  private final long blockedNanos;
  private final long startNanos;
  private final Timer silence = new Timer();
  private final Timer write = new Timer();
  private Sample last;
  private long sentNanos;
  private long pingedNanos;
  private boolean pinged;

  /** Read by whoever chooses among sessions. */
  private volatile boolean quiet;

  /** For how long something has not come; excused once for a time in which nobody looked. */
  private final class Timer {
    private long sinceNanos;
    private boolean extended;

    void restart(long nowNanos) {
      sinceNanos = nowNanos;
      extended = false;
    }

    /** Leaves the grace until the limit at least; returns false if it did so before. */
    boolean extendOnce(long nowNanos, long limitNanos) {
      boolean first = !extended;
      if (first) {
        extended = true;
        sinceNanos = Math.max(sinceNanos, nowNanos - limitNanos + graceNanos);
      }
      return first;
    }

    /** Leaves no more than the grace until the limit. */
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

  Verdict check(Sample signs) {
    // Counted from the beginning: times near the counter's end could not be compared.
    long now = signs.nanos() - startNanos;
    long passed = signs.nanos() - last.nanos();
    long onTheWall = (signs.wallMillis() - last.wallMillis()) * 1_000_000;
    // The machine's sleep is told by its other clock only, and what passed in it by none of ours.
    boolean machineSlept = onTheWall - passed > suspendedNanos;
    boolean slept = machineSlept || passed > lateNanos;
    boolean heard = signs.received() != last.received();
    boolean spoke = signs.sent() != last.sent();
    boolean writes = signs.writing() && last.writing();
    boolean moved = spoke || signs.acknowledged() != last.acknowledged() || !writes;
    last = signs;
    quiet = pinged && !heard;
    if (heard) {
      silence.restart(now);
      pinged = false;
    }
    if (spoke) {
      sentNanos = now;
    }
    if (moved) {
      write.restart(now);
    } else if (slept) {
      write.extendOnce(now, blockedNanos);
    }
    if (slept && !heard && silence.extendOnce(now, timeoutNanos)) {
      if (machineSlept) {
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
    long spoken = Math.max(pingedNanos, Math.min(silence.sinceNanos, sentNanos));
    boolean due = now - spoken >= everyNanos;
    return due || signs.awaiting() && !heard && !pinged ? ping(now) : Verdict.ALIVE;
  }

  private Verdict ping(long nowNanos) {
    pinged = true;
    pingedNanos = nowNanos;
    return Verdict.PING;
  }

  /** Whether the peer was asked something and has said nothing for a tick or more. */
  boolean isQuiet() {
    return quiet;
  }
}
