package culvert.net;

import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * Limits unauthenticated connections: a maximum in total, a maximum for each source, a timeout for
 * each connection. When a limit is reached the oldest connection is evicted, so that idle
 * connections cannot lock out new clients.
 */
public final class HandshakeLimiter {

  /** Why a connection lost its slot. */
  public enum Reason {
    /** The handshake took too long. */
    TIMEOUT("handshake timeout"),
    /** A newer connection needed the slot. */
    EVICTED("evicted by newer connections");

    private final String text;

    Reason(String text) {
      this.text = text;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  /** The slot of one connection, until it is released or lost. */
  public final class Slot {
    private final SourcePrefix source;
    private Consumer<Reason> end;
    private Deadlines.Deadline deadline = () -> {};
    private Reason lossReason;

    private Slot(SourcePrefix source, Consumer<Reason> end) {
      this.source = source;
      this.end = end;
    }

    /**
     * Replaces the action that runs when the slot is lost; runs it at once if it is lost already.
     */
    public void onLost(Consumer<Reason> action) {
      lock.lock();
      try {
        end = action;
        if (lossReason == null) {
          return;
        }
      } finally {
        lock.unlock();
      }
      action.accept(lossReason);
    }

    /** Frees the slot: the connection is authenticated or has ended. */
    public void release() {
      lock.lock();
      try {
        remove(this);
      } finally {
        lock.unlock();
      }
    }

    /** Returns why the slot was lost, if it was. */
    public Optional<Reason> lossReason() {
      lock.lock();
      try {
        return Optional.ofNullable(lossReason);
      } finally {
        lock.unlock();
      }
    }
  }

  private final int max;
  private final int maxPerSource;
  private final Duration limit;
  private final Deadlines deadlines;
  private final LongAdder timeouts;
  private final LongAdder evictions;
  private final ReentrantLock lock = new ReentrantLock();

  /**
   * All slots, the oldest first, as in each set of {@link #ofSource}. The lock guards both and the
   * fields of every slot.
   */
  private final SequencedSet<Slot> slots = new LinkedHashSet<>();

  private final Map<SourcePrefix, SequencedSet<Slot>> ofSource = new HashMap<>();

  /**
   * Creates a limiter without connections.
   *
   * @param max maximum number of connections
   * @param maxPerSource maximum number of connections from one source
   * @param limit time for each handshake
   * @param timeouts counts connections that exceeded it
   * @param evictions counts connections evicted by newer ones
   */
  public HandshakeLimiter(
      int max,
      int maxPerSource,
      Duration limit,
      Deadlines deadlines,
      LongAdder timeouts,
      LongAdder evictions) {
    this.max = max;
    this.maxPerSource = maxPerSource;
    this.limit = limit;
    this.deadlines = deadlines;
    this.timeouts = timeouts;
    this.evictions = evictions;
  }

  /**
   * Takes a slot for a new connection, and evicts the oldest one if a limit is reached.
   *
   * @param end closes the connection when it loses the slot; must not block
   */
  public Slot acquire(SourcePrefix source, Consumer<Reason> end) {
    var slot = new Slot(source, end);
    Slot oldest = null;
    Runnable endOldest = () -> {};
    lock.lock();
    try {
      var siblings = ofSource.computeIfAbsent(source, s -> new LinkedHashSet<>());
      if (siblings.size() >= maxPerSource) {
        oldest = siblings.getFirst();
      } else if (slots.size() >= max) {
        oldest = slots.getFirst();
      }
      slots.add(slot);
      siblings.add(slot);
      slot.deadline = deadlines.after(limit, () -> take(slot, Reason.TIMEOUT));
      if (oldest != null) {
        // Within the lock: two new connections must not evict the same one.
        endOldest = drop(oldest, Reason.EVICTED);
      }
    } finally {
      lock.unlock();
    }
    endOldest.run();
    return slot;
  }

  private void take(Slot slot, Reason reason) {
    Runnable end;
    lock.lock();
    try {
      end = drop(slot, reason);
    } finally {
      lock.unlock();
    }
    end.run();
  }

  /** Returns the action that notifies the holder; the caller runs it without the lock. */
  private Runnable drop(Slot slot, Reason reason) {
    if (!remove(slot)) {
      return () -> {};
    }
    slot.lossReason = reason;
    (reason == Reason.TIMEOUT ? timeouts : evictions).increment();
    Consumer<Reason> end = slot.end;
    return () -> end.accept(reason);
  }

  private boolean remove(Slot slot) {
    slot.deadline.cancel();
    var siblings = ofSource.get(slot.source);
    if (siblings != null && siblings.remove(slot) && siblings.isEmpty()) {
      ofSource.remove(slot.source);
    }
    return slots.remove(slot);
  }

  /** Returns the number of slots in use. */
  public int size() {
    lock.lock();
    try {
      return slots.size();
    } finally {
      lock.unlock();
    }
  }
}
