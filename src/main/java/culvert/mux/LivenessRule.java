package culvert.mux;

import java.time.Duration;

/**
 * Judges from a leg's counters, tick by tick, whether its peer is alive. Any byte received is a
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
    WELL,
    /** Send a ping. */
    ASK,
    /** Give up: nothing came. */
    SILENT,
    /** Give up: nothing could be sent. */
    STUCK
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
  record Signs(
      long nanos,
      long wallMillis,
      long received,
      long sent,
      long arrived,
      boolean writing,
      boolean awaiting) {}

  private static final long MAX_GRACE_NANOS = Duration.ofSeconds(5).toNanos();

  /** Ticks this much late mean that this process or machine was asleep. */
  private static final long MAX_LATE_NANOS = Duration.ofSeconds(2).toNanos();

  /**
   * On a slow uplink behind a large send buffer it takes long until a write moves again, although
   * the peer takes bytes all the time.
   */
  static final int STUCK_TIMEOUTS = 3;

  private final long everyNanos;
  private final long timeoutNanos;
  private final long graceNanos;
  private final long asleepNanos;
  private final long lateNanos;
  private final long stuckNanos;
  private final long beganNanos;
  private final Wait sign = new Wait();
  private final Wait write = new Wait();
  private Signs last;
  private long spokeNanos;
  private long askedNanos;
  private boolean asked;

  /** Read by whoever chooses among sessions. */
  private volatile boolean quiet;

  /** For how long something has not come; excused once for a time in which nobody looked. */
  private final class Wait {
    private long sinceNanos;
    private boolean excused;

    void over(long nowNanos) {
      sinceNanos = nowNanos;
      excused = false;
    }

    /** Leaves the grace until the limit at least; returns false if it did so before. */
    boolean excuse(long nowNanos, long limitNanos) {
      boolean first = !excused;
      if (first) {
        excused = true;
        sinceNanos = Math.max(sinceNanos, nowNanos - limitNanos + graceNanos);
      }
      return first;
    }

    /** Leaves no more than the grace until the limit. */
    void hurry(long nowNanos, long limitNanos) {
      sinceNanos = Math.min(sinceNanos, nowNanos - limitNanos + graceNanos);
    }

    boolean isLonger(long nowNanos, long limitNanos) {
      return nowNanos - sinceNanos >= limitNanos;
    }
  }

  LivenessRule(Heartbeat heartbeat, Signs first) {
    everyNanos = heartbeat.every().toNanos();
    timeoutNanos = heartbeat.timeout().toNanos();
    graceNanos = Math.min(MAX_GRACE_NANOS, timeoutNanos / 4);
    asleepNanos = Math.min(MAX_LATE_NANOS, timeoutNanos / 4);
    lateNanos = heartbeat.tick().toNanos() + asleepNanos;
    stuckNanos = STUCK_TIMEOUTS * timeoutNanos;
    beganNanos = first.nanos();
    last = first;
  }

  Verdict judge(Signs signs) {
    // Counted from the beginning: times near the counter's end could not be compared.
    long now = signs.nanos() - beganNanos;
    long passed = signs.nanos() - last.nanos();
    long onTheWall = (signs.wallMillis() - last.wallMillis()) * 1_000_000;
    // The machine's sleep is told by its other clock only, and what passed in it by none of ours.
    boolean machineSlept = onTheWall - passed > asleepNanos;
    boolean slept = machineSlept || passed > lateNanos;
    boolean heard = signs.received() != last.received();
    boolean spoke = signs.sent() != last.sent();
    boolean writes = signs.writing() && last.writing();
    boolean moved = spoke || signs.arrived() != last.arrived() || !writes;
    last = signs;
    quiet = asked && !heard;
    if (heard) {
      sign.over(now);
      asked = false;
    }
    if (spoke) {
      spokeNanos = now;
    }
    if (moved) {
      write.over(now);
    } else if (slept) {
      write.excuse(now, stuckNanos);
    }
    if (slept && !heard && sign.excuse(now, timeoutNanos)) {
      if (machineSlept) {
        sign.hurry(now, timeoutNanos);
      }
      return ask(now);
    }
    if (sign.isLonger(now, timeoutNanos)) {
      return Verdict.SILENT;
    }
    if (write.isLonger(now, stuckNanos)) {
      return Verdict.STUCK;
    }
    long spoken = Math.max(askedNanos, Math.min(sign.sinceNanos, spokeNanos));
    boolean due = now - spoken >= everyNanos;
    return due || signs.awaiting() && !heard && !asked ? ask(now) : Verdict.WELL;
  }

  private Verdict ask(long nowNanos) {
    asked = true;
    askedNanos = nowNanos;
    return Verdict.ASK;
  }

  /** Whether the peer was asked something and has said nothing for a tick or more. */
  boolean isQuiet() {
    return quiet;
  }
}
