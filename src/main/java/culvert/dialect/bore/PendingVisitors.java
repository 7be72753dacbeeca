package culvert.dialect.bore;

import culvert.net.Connection;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * Visitors that were announced and whose data channel has not come. An id is random and told to one
 * session only, so whoever names it is that session's client. Nothing is read of a visitor while it
 * waits: what it costs is its connection.
 */
final class PendingVisitors {

  /** Of all sessions together. */
  static final int MOST = 4096;

  /** Of one session. */
  static final int MAX_OF_SESSION = 1024;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition fewer = lock.newCondition();

  /** The lock guards both. */
  private final Map<UUID, PendingVisitor> all = new HashMap<>();

  /** How many of each session wait, or are being given their channel. */
  private final Map<BoreSession, Integer> counts = new HashMap<>();

  /**
   * One more waits.
   *
   * @throws IOException if too many do
   */
  void add(PendingVisitor visitor) throws IOException {
    lock.lock();
    try {
      int siblings = count(visitor.session());
      if (all.size() >= MOST || siblings >= MAX_OF_SESSION) {
        throw new IOException(
            siblings
                + " visitors wait for the client's data channels already, "
                + all.size()
                + " for any client's");
      }
      all.put(visitor.id(), visitor);
      counts.put(visitor.session(), siblings + 1);
    } finally {
      lock.unlock();
    }
  }

  private int count(BoreSession session) {
    return counts.getOrDefault(session, 0);
  }

  /** A data channel has come; returns whether a visitor waits for it, whose it is then. */
  boolean claim(UUID id, Connection channel) {
    PendingVisitor visitor;
    lock.lock();
    try {
      visitor = all.remove(id);
    } finally {
      lock.unlock();
    }
    if (visitor == null) {
      return false;
    }
    boolean wanted = visitor.claimed(channel);
    // Only now, so that whoever waits for the last of them finds its channel at the session.
    uncount(visitor);
    return wanted;
  }

  /** A visitor waits no more; returns whether it did until now. */
  boolean remove(PendingVisitor visitor) {
    lock.lock();
    try {
      boolean waited = all.remove(visitor.id(), visitor);
      if (waited) {
        uncount(visitor);
      }
      return waited;
    } finally {
      lock.unlock();
    }
  }

  private void uncount(PendingVisitor visitor) {
    lock.lock();
    try {
      counts.computeIfPresent(visitor.session(), (session, n) -> n == 1 ? null : n - 1);
      fewer.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** The session has ended: nothing will come for those it has announced. */
  void end(BoreSession session) {
    List<PendingVisitor> lost;
    lock.lock();
    try {
      lost = all.values().stream().filter(one -> one.session() == session).toList();
      lost.forEach(this::remove);
    } finally {
      lock.unlock();
    }
    lost.forEach(PendingVisitor::lost);
  }

  /** Waits until the session's visitors have their data channels, or the limit has passed. */
  void await(BoreSession session, Duration limit) {
    await(() -> count(session) == 0, limit);
  }

  /** The same for all sessions' visitors. */
  void await(Duration limit) {
    await(counts::isEmpty, limit);
  }

  private void await(BooleanSupplier enough, Duration limit) {
    lock.lock();
    try {
      long left = limit.toNanos();
      while (!enough.getAsBoolean() && left > 0) {
        left = fewer.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }
}
