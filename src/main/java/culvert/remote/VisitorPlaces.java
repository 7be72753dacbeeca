package culvert.remote;

import culvert.net.SourcePrefix;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The places of all visitors, divided among public addresses and limited for each source. Half of
 * the places are reserved for the public addresses in equal parts; the rest, and all places if
 * there is one public address only, go to the first that needs them. Visitors of one address
 * therefore cannot take all places of the others.
 */
final class VisitorPlaces {

  /** The part of the places that is reserved: one in this many. */
  private static final int RESERVED_PART = 2;

  /** The places of one public address. */
  final class Share {
    /** Guarded by the lock, as is {@link #open}. */
    private int held;

    private boolean open;

    private Share() {}

    /** Reserves places for the address, which accepts visitors from now on. */
    void open() {
      setOpen(true);
    }

    /** Ends the reservation; visitors keep their places. */
    void close() {
      setOpen(false);
    }

    private void setOpen(boolean value) {
      lock.lock();
      try {
        open = value;
        if (value ? shares.add(this) : shares.remove(this)) {
          divide();
        }
      } finally {
        lock.unlock();
      }
    }

    /** Takes a place for a visitor; returns false if none is left for this address. */
    boolean tryAcquire() {
      lock.lock();
      try {
        if (max - used <= unfilled - missing()) {
          return false;
        }
        change(1);
        return true;
      } finally {
        lock.unlock();
      }
    }

    /** Frees a place. */
    void release() {
      lock.lock();
      try {
        change(-1);
      } finally {
        lock.unlock();
      }
    }

    private void change(int by) {
      unfilled -= missing();
      held += by;
      used += by;
      unfilled += missing();
    }

    /** Returns how many of its reserved places have no visitor. */
    private int missing() {
      return open ? Math.max(0, reserved - held) : 0;
    }
  }

  private final int max;
  private final int maxPerSource;
  private final ReentrantLock lock = new ReentrantLock();

  /** The open public addresses; guarded by the lock, as are the fields below. */
  private final Set<Share> shares = new HashSet<>();

  private final Map<SourcePrefix, Integer> ofSource = new HashMap<>();
  private int used;

  /** Places reserved for each public address. */
  private int reserved;

  /** Reserved places of all public addresses that have no visitor. */
  private int unfilled;

  /**
   * Creates places for any number of public addresses.
   *
   * @param max maximum number of visitors
   * @param maxPerSource maximum number of visitors from one source
   */
  VisitorPlaces(int max, int maxPerSource) {
    this.max = max;
    this.maxPerSource = maxPerSource;
  }

  /** Returns the places of another public address, which is not open yet. */
  Share share() {
    return new Share();
  }

  private void divide() {
    reserved = shares.isEmpty() ? 0 : max / RESERVED_PART / shares.size();
    unfilled = shares.stream().mapToInt(Share::missing).sum();
  }

  /** Counts a visitor of the source; returns false if the source has its maximum. */
  boolean tryAcquire(SourcePrefix source) {
    lock.lock();
    try {
      int held = ofSource.getOrDefault(source, 0);
      if (held >= maxPerSource) {
        return false;
      }
      ofSource.put(source, held + 1);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Removes a visitor of the source. */
  void release(SourcePrefix source) {
    lock.lock();
    try {
      ofSource.computeIfPresent(source, (key, n) -> n == 1 ? null : n - 1);
    } finally {
      lock.unlock();
    }
  }
}
