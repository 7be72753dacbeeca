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
 * Connections that have not come through their handshake yet, which is all that a stranger can
 * have: so many in all and from one source, each for a bounded time. At a bound the oldest goes,
 * never the newcomer, so that whoever fills it with silence keeps nobody out.
 */
public final class HandshakeLimiter {

  /** Why a place was taken from its holder. */
  public enum Reason {
    /** Its time was up. */
    TIMEOUT("its time was up"),
    /** Newer ones came while all places were taken. */
    EVICTED("too many newer ones came");

    private final String text;

    Reason(String text) {
      this.text = text;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  /** One connection's place, until it is given up or taken away. */
  public final class Slot {
    private final SourcePrefix source;
    private Consumer<Reason> end;
    private Deadlines.Deadline deadline = () -> {};
    private Reason lossReason;

    private Slot(SourcePrefix source, Consumer<Reason> end) {
      this.source = source;
      this.end = end;
    }

    /** From now on this is how the holder is told that its place is gone. */
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

    /** The holder needs it no more: it is a stranger no longer, or is over. */
    public void release() {
      lock.lock();
      try {
        remove(this);
      } finally {
        lock.unlock();
      }
    }

    /** Why it was taken away, if it was. */
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

  /** Oldest first, as each set of {@link #ofSource}; the lock guards both, and every place. */
  private final SequencedSet<Slot> slots = new LinkedHashSet<>();

  private final Map<SourcePrefix, SequencedSet<Slot>> ofSource = new HashMap<>();

  /**
   * Nobody is there yet.
   *
   * @param most how many there may be
   * @param maxOfSource how many from one source
   * @param limit how long each may hold its place
   * @param late counts the places taken away because of that
   * @param crowded counts those taken away for newer ones
   */
  public HandshakeLimiter(
      int most,
      int maxOfSource,
      Duration limit,
      Deadlines deadlines,
      LongAdder late,
      LongAdder crowded) {
    this.max = most;
    this.maxPerSource = maxOfSource;
    this.limit = limit;
    this.deadlines = deadlines;
    this.timeouts = late;
    this.evictions = crowded;
  }

  /**
   * Gives a newcomer a place.
   *
   * @param end what ends the holder when the place is taken away; must not block
   */
  public Slot acquire(SourcePrefix source, Consumer<Reason> end) {
    var place = new Slot(source, end);
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
      slots.add(place);
      siblings.add(place);
      place.deadline = deadlines.after(limit, () -> take(place, Reason.TIMEOUT));
      if (oldest != null) {
        // At once: two newcomers must not take the same place.
        endOldest = drop(oldest, Reason.EVICTED);
      }
    } finally {
      lock.unlock();
    }
    endOldest.run();
    return place;
  }

  private void take(Slot place, Reason reason) {
    Runnable end;
    lock.lock();
    try {
      end = drop(place, reason);
    } finally {
      lock.unlock();
    }
    end.run();
  }

  /** Returns what tells the holder, to be run without the lock. */
  private Runnable drop(Slot place, Reason reason) {
    if (!remove(place)) {
      return () -> {};
    }
    place.lossReason = reason;
    (reason == Reason.TIMEOUT ? timeouts : evictions).increment();
    Consumer<Reason> end = place.end;
    return () -> end.accept(reason);
  }

  private boolean remove(Slot place) {
    place.deadline.cancel();
    var siblings = ofSource.get(place.source);
    if (siblings != null && siblings.remove(place) && siblings.isEmpty()) {
      ofSource.remove(place.source);
    }
    return slots.remove(place);
  }

  /** How many there are now. */
  public int size() {
    lock.lock();
    try {
      return slots.size();
    } finally {
      lock.unlock();
    }
  }
}
