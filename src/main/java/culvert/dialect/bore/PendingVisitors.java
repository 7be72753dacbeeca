package culvert.dialect.bore;

import culvert.config.BoreSecret;
import culvert.net.Connection;
import culvert.net.FairShare;
import culvert.net.SourcePrefix;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/**
 * Visitors that were announced and have no data channel yet. An id is random and sent to one
 * session only, so a connection that names it comes from that session's client. Sessions share the
 * places, so that clients that open no data channels do not use up all of them.
 */
final class PendingVisitors {

  /** Maximum of all sessions together. */
  static final int MAX_TOTAL = 4096;

  /** Maximum of one session. */
  static final int MAX_OF_SESSION = 1024;

  /** An origin proxy tries again within less. */
  private static final Duration PAUSE = Duration.ofSeconds(10);

  private final Duration pause;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition removed = lock.newCondition();

  /** Guarded by the lock, as are the fields below. */
  private final Map<UUID, PendingVisitor> all = new HashMap<>();

  /** Number of visitors of each session that wait, or whose channel is being delivered. */
  private final Map<BoreSession, Integer> counts = new HashMap<>();

  /** Number of these visitors by the source of their client. */
  private final Map<SourcePrefix, Integer> countsBySource = new HashMap<>();

  /** Number of connections by their source that are taken for data channels of these visitors. */
  private final Map<SourcePrefix, Integer> expected = new HashMap<>();

  /** Until when no connection of a source is taken for a data channel, in nanoseconds. */
  private final Map<SourcePrefix, Long> pausedUntilNanos = new HashMap<>();

  PendingVisitors() {
    this(PAUSE);
  }

  /**
   * Creates an instance without visitors.
   *
   * @param pause for {@link #expectNone}
   */
  PendingVisitors(Duration pause) {
    this.pause = pause;
  }

  /**
   * Adds a visitor.
   *
   * @throws IOException if a limit is reached
   */
  void add(PendingVisitor visitor) throws IOException {
    lock.lock();
    try {
      int ofSession = count(visitor.session());
      if (!FairShare.isAvailable(MAX_TOTAL, all.size(), ofSession) || ofSession >= MAX_OF_SESSION) {
        throw new IOException(
            "too many visitors wait for data channels: "
                + ofSession
                + " of this client, "
                + all.size()
                + " in total");
      }
      all.put(visitor.id(), visitor);
      counts.put(visitor.session(), ofSession + 1);
      countsBySource.merge(source(visitor), 1, Integer::sum);
    } finally {
      lock.unlock();
    }
  }

  /** Returns the secrets with which the clients have logged in whose visitors wait. */
  Set<BoreSecret> secrets() {
    lock.lock();
    try {
      return counts.keySet().stream()
          .flatMap(session -> session.secret().stream())
          .collect(Collectors.toSet());
    } finally {
      lock.unlock();
    }
  }

  /** Returns whether this visitor waits for a client that has logged in with this secret. */
  boolean isOf(UUID id, Optional<BoreSecret> secret) {
    lock.lock();
    try {
      PendingVisitor visitor = all.get(id);
      return visitor != null && visitor.session().secret().equals(secret);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes a new connection for a data channel, until {@link #endExpected}. Returns false if as many
   * connections with its source are taken for one as visitors of clients with this source wait, and
   * some time after {@link #expectNone}.
   */
  boolean tryExpect(SourcePrefix source) {
    lock.lock();
    try {
      removeOldPauses();
      boolean isExpected =
          !pausedUntilNanos.containsKey(source)
              && expected.getOrDefault(source, 0) < countsBySource.getOrDefault(source, 0);
      if (isExpected) {
        expected.merge(source, 1, Integer::sum);
      }
      return isExpected;
    } finally {
      lock.unlock();
    }
  }

  /** Ends the use of a connection that {@link #tryExpect} has taken for a data channel. */
  void endExpected(SourcePrefix source) {
    lock.lock();
    try {
      decrement(expected, source);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Records that a connection with this source was no data channel, although it was taken for one:
   * for some seconds, no other one is. The peer may be an origin proxy that tries again.
   */
  void expectNone(SourcePrefix source) {
    lock.lock();
    try {
      removeOldPauses();
      pausedUntilNanos.put(source, System.nanoTime() + pause.toNanos());
    } finally {
      lock.unlock();
    }
  }

  private void removeOldPauses() {
    long now = System.nanoTime();
    pausedUntilNanos.values().removeIf(until -> until - now <= 0);
  }

  private static SourcePrefix source(PendingVisitor visitor) {
    return SourcePrefix.of(visitor.session().peer().getAddress());
  }

  private int count(BoreSession session) {
    return counts.getOrDefault(session, 0);
  }

  /**
   * Delivers a data channel to the visitor it names; returns whether one waits for it and now owns
   * it.
   */
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
    boolean wanted = visitor.claim(channel);
    // Counted down only now, so that a thread that waits for the last visitor finds its channel in
    // the session.
    uncount(visitor);
    return wanted;
  }

  /** Removes a visitor; returns whether it was waiting. */
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
      decrement(counts, visitor.session());
      decrement(countsBySource, source(visitor));
      removed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private static <K> void decrement(Map<K, Integer> counts, K key) {
    counts.computeIfPresent(key, (same, n) -> n == 1 ? null : n - 1);
  }

  /** Ends the wait of all visitors of a session, for a reason that people understand. */
  void end(BoreSession session, String why) {
    List<PendingVisitor> lost;
    lock.lock();
    try {
      lost = all.values().stream().filter(one -> one.session() == session).toList();
      lost.forEach(this::remove);
    } finally {
      lock.unlock();
    }
    lost.forEach(visitor -> visitor.fail(why));
  }

  /** Blocks until no visitor of the session waits for a data channel, or the limit has passed. */
  void await(BoreSession session, Duration limit) {
    await(() -> count(session) == 0, limit);
  }

  /** Blocks until no visitor of any session waits for a data channel, or the limit has passed. */
  void await(Duration limit) {
    await(counts::isEmpty, limit);
  }

  private void await(BooleanSupplier enough, Duration limit) {
    lock.lock();
    try {
      long left = limit.toNanos();
      while (!enough.getAsBoolean() && left > 0) {
        left = removed.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }
}
