package culvert.origin;

import culvert.net.OpenSet;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * The sessions of one loop, one that serves and those that drain, with their visitors: how long
 * these may finish, and the end of those that do not. Any thread may call any method; {@link
 * #awaitDrained} and {@link #finish} block.
 */
final class LoopSessions {

  private static final Duration STOP_LIMIT = Duration.ofSeconds(5);

  /** Sessions that may still drain while the next attempt is made. */
  private static final int MAX_DRAINING = 4;

  private final PeerVisitors visitors;

  /** The session that serves and those that drain. */
  private final OpenSet<SessionRun> open = new OpenSet<>();

  /** Until when visitors may finish after the last attempt. */
  private volatile long finishedByNanos = System.nanoTime();

  LoopSessions(PeerVisitors visitors) {
    this.visitors = visitors;
  }

  /** Adds a session; returns false without adding it after {@link #closeAll}. */
  boolean add(SessionRun session) {
    return open.add(session);
  }

  void remove(SessionRun session) {
    open.remove(session);
  }

  /** Returns whether the next session may begin while those of now drain. */
  boolean canOverlap() {
    return open.size() <= MAX_DRAINING;
  }

  /** Calls {@code action} for every session of now. */
  void forEach(Consumer<SessionRun> action) {
    open.forEach(action);
  }

  /** Rejects later sessions and calls {@code end} for every one of now. */
  void closeAll(Consumer<SessionRun> end) {
    open.closeAll(end);
  }

  /** Lets visitors finish for this time from now on, after the last attempt. */
  void finishWithin(Duration limit) {
    finishedByNanos = System.nanoTime() + limit.toNanos();
  }

  /** Waits for the visitors of sessions that the remote proxy drains, until a stop limits that. */
  void awaitDrained(BooleanSupplier isStopping) {
    while (!isStopping.getAsBoolean() && !isEmptyWithin(STOP_LIMIT)) {
      // A stop is noticed soon, also if a session does not end then.
    }
  }

  private boolean isEmptyWithin(Duration limit) {
    return open.awaitEmpty(limit) && visitors.awaitEmpty(limit);
  }

  /** Ends what is left after the last attempt; sessions and streams may finish in their time. */
  void finish() {
    open.awaitEmpty(timeToFinish());
    visitors.awaitEmpty(timeToFinish());
    open.closeAll(SessionRun::close);
    visitors.reset();
    open.awaitEmpty(STOP_LIMIT);
  }

  private Duration timeToFinish() {
    return Duration.ofNanos(Math.max(0, finishedByNanos - System.nanoTime()));
  }
}
