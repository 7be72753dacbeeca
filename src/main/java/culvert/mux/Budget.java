package culvert.mux;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The memory that all streams of a process may hold in bytes that came and were not read yet. Above
 * half of it no window grows; above all of it the streams that have not been read for longest are
 * reset.
 */
public final class Budget {

  private static final long MOST_BYTES = 256L * 1024 * 1024;

  private final long limit;
  private final AtomicLong held = new AtomicLong();
  private final AtomicLong evictions = new AtomicLong();
  private final Set<Leg> legs = ConcurrentHashMap.newKeySet();

  /** A budget of {@code limit} bytes. */
  public Budget(long limit) {
    this.limit = limit;
  }

  /** The budget of a process: a share of the largest heap it may have. */
  public static Budget ofProcess() {
    return new Budget(Math.min(MOST_BYTES, Runtime.getRuntime().maxMemory() / 3));
  }

  /** Bytes held now. */
  public long held() {
    return held.get();
  }

  /** Streams reset so far because the budget was exceeded. */
  public long evictions() {
    return evictions.get();
  }

  void join(Leg leg) {
    legs.add(leg);
  }

  void leave(Leg leg) {
    legs.remove(leg);
  }

  void hold(long bytes) {
    held.addAndGet(bytes);
  }

  void release(long bytes) {
    held.addAndGet(-bytes);
  }

  boolean underPressure() {
    return held.get() > limit / 2;
  }

  boolean exceeded() {
    return held.get() > limit;
  }

  /** Resets streams, longest unread first, until an eighth of the budget is free again. */
  void evict() {
    List<MuxStream> holders = new ArrayList<>();
    for (Leg leg : legs) {
      leg.streams().stream().filter(s -> s.held() > 0).forEach(holders::add);
    }
    // The times move while we sort: take them down first.
    record Candidate(MuxStream stream, long lastRead) {}
    var candidates =
        holders.stream()
            .map(stream -> new Candidate(stream, stream.lastReadNanos()))
            .sorted(Comparator.comparingLong(candidate -> candidate.lastRead() - Long.MIN_VALUE))
            .toList();
    for (Candidate candidate : candidates) {
      if (held.get() <= limit - limit / 8) {
        return;
      }
      evictions.incrementAndGet();
      candidate.stream().evict();
    }
  }
}
