package culvert.mux;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * Limits the received and unread bytes that all streams of a process hold. Above half of the limit
 * no window grows; above the limit the streams that have not been read for the longest time are
 * reset.
 */
public final class MemoryBudget {

  private final long limit;
  private final AtomicLong held = new AtomicLong();
  private final LongAdder evictions;
  private final Set<Link> links = ConcurrentHashMap.newKeySet();

  /**
   * Creates a budget.
   *
   * @param limit in bytes
   * @param evictions counts the streams that were reset to stay within it
   */
  public MemoryBudget(long limit, LongAdder evictions) {
    this.limit = limit;
    this.evictions = evictions;
  }

  /** Returns the number of bytes held now. */
  public long held() {
    return held.get();
  }

  void add(Link link) {
    links.add(link);
  }

  void remove(Link link) {
    links.remove(link);
  }

  void hold(long bytes) {
    held.addAndGet(bytes);
  }

  void release(long bytes) {
    held.addAndGet(-bytes);
  }

  boolean isUnderPressure() {
    return held.get() > limit / 2;
  }

  boolean isExceeded() {
    return held.get() > limit;
  }

  /** Resets streams, the longest unread first, until an eighth of the budget is free. */
  void evict() {
    long now = System.nanoTime();
    // Copies the times first, because they change during the sort.
    record Candidate(MuxStream stream, long held, long unreadNanos) {}
    List<Candidate> candidates = new ArrayList<>();
    for (Link link : links) {
      for (MuxStream stream : link.streams()) {
        if (stream.held() > 0) {
          candidates.add(new Candidate(stream, stream.held(), now - stream.lastReadNanos()));
        }
      }
    }
    candidates.sort(Comparator.comparingLong(Candidate::unreadNanos).reversed());
    // A chunk that is being written is released a little later; it counts as free at once.
    long toFree = held.get() - (limit - limit / 8);
    for (Candidate candidate : candidates) {
      if (toFree <= 0) {
        return;
      }
      toFree -= candidate.held();
      evictions.increment();
      candidate.stream().evict();
    }
  }
}
