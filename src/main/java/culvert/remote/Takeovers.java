package culvert.remote;

import java.time.Duration;
import java.util.LinkedHashMap;

/**
 * How often each name has passed from one process to another. Cloned hosts log in under one name,
 * and a supervisor restarts each process that has lost it; without a limit they would replace each
 * other for ever. Beyond the limit a name stays with the process that has it, as long as that
 * answers. Every further attempt prolongs this. Guarded by the lock of {@link Registry}.
 */
final class Takeovers {

  /** Takeovers of a name until it stays with its process. */
  static final int MAX_TAKEOVERS = 3;

  /** A name without attempts to take it over for this long may be taken over again. */
  static final Duration QUIET = Duration.ofMinutes(10);

  /** Names that are remembered; the one that was taken over first is forgotten first. */
  private static final int MAX_NAMES = 4096;

  private record Contested(int takeovers, long lastNanos) {}

  private final LinkedHashMap<String, Contested> names = new LinkedHashMap<>();

  /** Returns whether the name stays with its process. */
  boolean isExhausted(String name, long nowNanos) {
    return takeovers(name, nowNanos) >= MAX_TAKEOVERS;
  }

  private int takeovers(String name, long nowNanos) {
    Contested contested = names.get(name);
    boolean isRecent = contested != null && nowNanos - contested.lastNanos() < QUIET.toNanos();
    return isRecent ? contested.takeovers() : 0;
  }

  /** Records that another process has taken over the name. */
  void recordTakeover(String name, long nowNanos) {
    record(name, takeovers(name, nowNanos) + 1, nowNanos);
  }

  /** Records an attempt that was declined. */
  void recordAttempt(String name, long nowNanos) {
    record(name, takeovers(name, nowNanos), nowNanos);
  }

  private void record(String name, int takeovers, long nowNanos) {
    names.put(name, new Contested(takeovers, nowNanos));
    if (names.size() > MAX_NAMES) {
      names.pollFirstEntry();
    }
  }

  /** Returns how many names are remembered. */
  int size() {
    return names.size();
  }
}
