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
final class Liveness {

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

  private static final long MOST_GRACE_NANOS = Duration.ofSeconds(5).toNanos();

  /** Ticks this much late mean that this process or machine was asleep. */
  private static final long MOST_LATE_NANOS = Duration.ofSeconds(2).toNanos();

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
  private Signs last;
  private long heardNanos;
  private long spokeNanos;
  private long askedNanos;
  private long movedNanos;
  private boolean asked;
  private boolean excused;

  /** Read by whoever chooses among sessions. */
  private volatile boolean quiet;

  Liveness(Heartbeat heartbeat, Signs first) {
    everyNanos = heartbeat.every().toNanos();
    timeoutNanos = heartbeat.timeout().toNanos();
    graceNanos = Math.min(MOST_GRACE_NANOS, timeoutNanos / 4);
    asleepNanos = Math.min(MOST_LATE_NANOS, timeoutNanos / 4);
    lateNanos = heartbeat.tick().toNanos() + asleepNanos;
    stuckNanos = STUCK_TIMEOUTS * timeoutNanos;
    last = first;
    heardNanos = first.nanos();
    spokeNanos = first.nanos();
    askedNanos = first.nanos();
    movedNanos = first.nanos();
  }

  Verdict judge(Signs now) {
    boolean slept = slept(now);
    boolean heard = now.received() != last.received();
    boolean spoke = now.sent() != last.sent();
    boolean moved = spoke || now.arrived() != last.arrived() || !now.writing() || !last.writing();
    if (heard) {
      heardNanos = now.nanos();
      asked = false;
      excused = false;
    }
    if (spoke) {
      spokeNanos = now.nanos();
    }
    if (moved) {
      movedNanos = now.nanos();
    } else if (slept) {
      // Who writes has slept too.
      movedNanos = Math.max(movedNanos, now.nanos() - stuckNanos + graceNanos);
    }
    quiet = asked && !heard;
    last = now;
    if (slept && !heard && !excused) {
      excused = true;
      heardNanos = now.nanos() - timeoutNanos + graceNanos;
      return ask(now);
    }
    if (now.nanos() - heardNanos >= timeoutNanos) {
      return Verdict.SILENT;
    }
    if (now.nanos() - movedNanos >= stuckNanos) {
      return Verdict.STUCK;
    }
    long spoken = Math.max(askedNanos, Math.min(heardNanos, spokeNanos));
    boolean due = now.nanos() - spoken >= everyNanos;
    return due || now.awaiting() && !heard && !asked ? ask(now) : Verdict.WELL;
  }

  private boolean slept(Signs now) {
    long passed = now.nanos() - last.nanos();
    long onTheWall = (now.wallMillis() - last.wallMillis()) * 1_000_000;
    return passed > lateNanos || onTheWall - passed > asleepNanos;
  }

  private Verdict ask(Signs now) {
    asked = true;
    askedNanos = now.nanos();
    return Verdict.ASK;
  }

  /** Whether the peer was asked something and has said nothing for a tick or more. */
  boolean isQuiet() {
    return quiet;
  }
}
