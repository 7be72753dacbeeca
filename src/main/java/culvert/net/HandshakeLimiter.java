package culvert.net;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * Limits unauthenticated connections: a maximum in total, a maximum for each source, a timeout for
 * each connection. When a limit is reached, the oldest connection of the source with the most is
 * evicted, so that neither idle connections nor one source can lock out new clients.
 *
 * <p>A connection whose peer has proven that it knows a secret or a key gets a slot of another set
 * with limits of its own: connections without a proof never evict it. When the file descriptors of
 * the process run short, a new connection replaces another one below these limits too.
 */
public final class HandshakeLimiter {

  /** Maximum part of the process's file descriptors that connections without a proof may use. */
  private static final int DESCRIPTOR_PART = 4;

  /** The part of the heap that they may use. */
  private static final int HEAP_PART = 4;

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
    private SourceShares<Slot> set;
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

    /**
     * Records that the peer has proven its knowledge of a secret or a key: from now on it only
     * competes with others that have. The timeout stays. Has no effect on a slot that is released
     * or lost. Does not block.
     */
    public void setVerified() {
      Runnable endEvicted = () -> {};
      lock.lock();
      try {
        if (unverified.remove(source, this)) {
          endEvicted = enter(verified, this);
        }
      } finally {
        lock.unlock();
      }
      endEvicted.run();
    }

    /** Returns whether {@link #setVerified} was called while the slot was held. */
    public boolean isVerified() {
      lock.lock();
      try {
        return set == verified;
      } finally {
        lock.unlock();
      }
    }

    /**
     * Takes another slot for the same source, of the same set.
     *
     * @param end closes the connection when it loses the slot; must not block
     */
    public Slot acquireAgain(Consumer<Reason> end) {
      return acquire(isVerified() ? verified : unverified, source, end);
    }

    /** Frees the slot: the connection is authenticated or has ended. Later calls have no effect. */
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

  private final Duration limit;
  private final Deadlines deadlines;
  private final LongAdder timeouts;
  private final LongAdder evictions;
  private final Descriptors descriptors;

  /** Guards the two sets below and the fields of every slot. */
  private final ReentrantLock lock = new ReentrantLock();

  private final SourceShares<Slot> unverified;
  private final SourceShares<Slot> verified;

  /**
   * Creates a limiter without connections.
   *
   * @param max maximum number of connections, and again of those whose peer is verified; a quarter
   *     of the process's file descriptors if that is less
   * @param maxPerSource maximum number of connections from one source, and again of those whose
   *     peer is verified
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
    this(max, maxPerSource, limit, deadlines, timeouts, evictions, Descriptors.PROCESS);
  }

  HandshakeLimiter(
      int max,
      int maxPerSource,
      Duration limit,
      Deadlines deadlines,
      LongAdder timeouts,
      LongAdder evictions,
      Descriptors descriptors) {
    this.descriptors = descriptors;
    this.unverified = new SourceShares<>(total(max), maxPerSource);
    this.verified = new SourceShares<>(total(max), maxPerSource);
    this.limit = limit;
    this.deadlines = deadlines;
    this.timeouts = timeouts;
    this.evictions = evictions;
  }

  private int total(int max) {
    return (int) Math.min(max, Math.max(1, descriptors.limit() / DESCRIPTOR_PART));
  }

  /**
   * Changes the maximum numbers of connections, as in the constructor; those of now stay. While
   * there are more, each new one replaces two.
   */
  public void setMax(int max, int maxPerSource) {
    lock.lock();
    try {
      unverified.setMax(total(max), maxPerSource);
      verified.setMax(total(max), maxPerSource);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Returns the maximum number of connections: as configured, but no more than fit into a quarter
   * of the heap.
   *
   * @param bytesEach heap that a connection can use before its login is complete
   */
  public static int maxInHeap(int configured, int bytesEach) {
    return (int)
        Math.min(configured, Math.max(1, Runtime.getRuntime().maxMemory() / HEAP_PART / bytesEach));
  }

  /**
   * Takes a slot for a new connection, and evicts another one if a limit is reached.
   *
   * @param end closes the connection when it loses the slot; must not block
   */
  public Slot acquire(SourcePrefix source, Consumer<Reason> end) {
    return acquire(unverified, source, end);
  }

  private Slot acquire(SourceShares<Slot> set, SourcePrefix source, Consumer<Reason> end) {
    var slot = new Slot(source, end);
    Runnable endEvicted;
    lock.lock();
    try {
      endEvicted = enter(set, slot);
      slot.deadline = deadlines.after(limit, () -> take(slot, Reason.TIMEOUT));
    } finally {
      lock.unlock();
    }
    endEvicted.run();
    return slot;
  }

  /**
   * Adds the slot. Returns the action that notifies the holders of the evicted ones, which the
   * caller runs without the lock: two new connections must not evict the same one.
   */
  private Runnable enter(SourceShares<Slot> set, Slot slot) {
    Optional<Slot> evicted = set.replacedBy(slot.source);
    if (evicted.isEmpty() && descriptors.isReserveShort()) {
      evicted = unverified.heaviest();
    }
    Runnable endEvicted = evict(evicted);
    // Only after the maximum was lowered; it would not be reached before a flood ends otherwise.
    Runnable endSurplus = evict(set.replacedBy(slot.source));
    set.add(slot.source, slot);
    slot.set = set;
    return () -> {
      endEvicted.run();
      endSurplus.run();
    };
  }

  private Runnable evict(Optional<Slot> evicted) {
    return evicted.map(other -> drop(other, Reason.EVICTED)).orElse(() -> {});
  }

  /** Evicts connections without a proof, after an accept has failed for lack of descriptors. */
  public void evict(int count) {
    for (int i = 0; i < count; i++) {
      Optional<Slot> heaviest;
      lock.lock();
      try {
        heaviest = unverified.heaviest();
      } finally {
        lock.unlock();
      }
      heaviest.ifPresent(slot -> take(slot, Reason.EVICTED));
    }
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
    return slot.set.remove(slot.source, slot);
  }

  /**
   * Returns how soon newer connections evict one without a proof whose source has a few: the used
   * part of the slots, 0 to 1. What other sources have beyond a few is evicted earlier and does not
   * count, so that one source cannot raise the load for all.
   */
  public double load() {
    lock.lock();
    try {
      int endangering = unverified.size() - unverified.surplus();
      return Math.min(1, (double) endangering / unverified.max());
    } finally {
      lock.unlock();
    }
  }

  /** Returns the number of slots in use. */
  public int size() {
    lock.lock();
    try {
      return unverified.size() + verified.size();
    } finally {
      lock.unlock();
    }
  }
}
