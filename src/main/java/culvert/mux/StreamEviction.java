package culvert.mux;

import culvert.net.MemoryBudget;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;

/**
 * Resets streams of any link of the process when the memory budget is exceeded: first those with
 * the largest product of the bytes that a stream holds and the time for which they have been
 * unread. A stream that holds no more than its first window is reset only if none that holds more
 * is left, and only while all streams together hold more than half of the budget: otherwise other
 * loans fill it, and a reset of every stream would free too little. For the same reason none is
 * reset while all of them hold less than half of what has to be freed.
 */
public final class StreamEviction {

  /** Maximum memory of a first window: the last chunk of a stream may have unused space. */
  private static final long FIRST_WINDOW_BYTES =
      MuxStream.FIRST_WINDOW + ReceiveQueue.MIN_CHUNK_BYTES;

  /** Copies the values of a stream, because they change during the sort. */
  private record Candidate(MuxStream stream, long held, long unreadNanos) {

    boolean isLarge() {
      return held > FIRST_WINDOW_BYTES;
    }

    double weight() {
      return (double) held * unreadNanos;
    }
  }

  private static final Comparator<Candidate> ORDER =
      Comparator.comparing(Candidate::isLarge).thenComparingDouble(Candidate::weight).reversed();

  private final MemoryBudget budget;
  private final LongAdder evictions;
  private final Set<Link> links = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean running = new AtomicBoolean();

  /**
   * Creates the eviction of a process.
   *
   * @param evictions counts the streams that were reset
   */
  public StreamEviction(MemoryBudget budget, LongAdder evictions) {
    this.budget = budget;
    this.evictions = evictions;
  }

  void add(Link link) {
    links.add(link);
  }

  void remove(Link link) {
    links.remove(link);
  }

  /**
   * Resets streams until a quarter of the budget is free, if it is exceeded. Returns at once if
   * another thread is doing that.
   */
  void evictIfExceeded() {
    if (budget.isExceeded() && running.compareAndSet(false, true)) {
      try {
        evict();
      } finally {
        running.set(false);
      }
    }
  }

  private void evict() {
    long now = System.nanoTime();
    List<Candidate> candidates = new ArrayList<>();
    long toFree = budget.held() - budget.limit() / 4 * 3;
    long heldByStreams = 0;
    for (Link link : links) {
      for (MuxStream stream : link.streams().all()) {
        long held = stream.held();
        if (stream.isDiscarded()) {
          // Its bytes are released as soon as its threads have noticed.
          toFree -= held;
        } else if (held > 0) {
          candidates.add(new Candidate(stream, held, now - stream.lastReadNanos()));
          heldByStreams += held;
        }
      }
    }
    if (heldByStreams < toFree / 2) {
      return;
    }
    candidates.sort(ORDER);
    for (Candidate candidate : candidates) {
      boolean isSpared = !candidate.isLarge() && heldByStreams <= budget.limit() / 2;
      if (toFree <= 0 || isSpared) {
        return;
      }
      toFree -= candidate.held();
      heldByStreams -= candidate.held();
      candidate.stream().evict();
      evictions.increment();
    }
  }
}
