package culvert.mux;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * The memory that all streams of a process may hold in bytes that came and were not read yet. Above
 * half of it no window grows; above all of it the streams that have not been read for longest are
 * reset.
 */
public final class MemoryBudget {

  private final long limit;
  private final AtomicLong held = new AtomicLong();
  private final LongAdder evictions;
  private final Set<Link> links = ConcurrentHashMap.newKeySet();

  /** A budget of {@code limit} bytes, which counts the streams it has to reset. */
  public MemoryBudget(long limit, LongAdder evictions) {
    this.limit = limit;
    this.evictions = evictions;
  }

  /** Bytes held now. */
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

  /** Resets streams, longest unread first, until an eighth of the budget is free again. */
  void evict() {
    long now = System.nanoTime();
    // The times move while we sort: take them down first.
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
    // A chunk in the middle of a write is given back a little later: count it as free at once.
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
