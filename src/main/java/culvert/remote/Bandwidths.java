package culvert.remote;

import culvert.config.ByteCount;
import culvert.config.RemoteSettings;
import culvert.net.BandwidthLimits;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/** The bandwidth of each service, and of each port on request, that has visitors. Thread-safe. */
final class Bandwidths {

  /** The buckets of one service. */
  private static final class Shared {
    private final BucketPair pair = new BucketPair();

    /** The visitors that use them. Guarded by the lock. */
    private int users;
  }

  private final Supplier<RemoteSettings> settings;
  private final ReentrantLock lock = new ReentrantLock();

  /** By the label of the service or port; guarded by the lock. */
  private final Map<String, Shared> inUse = new HashMap<>();

  /**
   * Creates an instance without visitors.
   *
   * @param settings the current ones
   */
  Bandwidths(Supplier<RemoteSettings> settings) {
    this.settings = settings;
  }

  /** Returns the limits of another visitor of a service; {@link #release} follows at its end. */
  BandwidthLimits acquire(String label) {
    Shared shared;
    lock.lock();
    try {
      shared = inUse.computeIfAbsent(label, key -> new Shared());
      shared.users++;
    } finally {
      lock.unlock();
    }
    setRate(label, shared);
    return shared.pair.limits();
  }

  /** Ends the use by one visitor. */
  void release(String label) {
    lock.lock();
    try {
      Shared shared = inUse.get(label);
      shared.users--;
      if (shared.users == 0) {
        inUse.remove(label);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Sets the current rate of buckets that are in use; a reload may come in between. */
  private void setRate(String label, Shared shared) {
    Optional<ByteCount> rate;
    do {
      rate = rate(label);
      shared.pair.setRate(rate);
    } while (!rate.equals(rate(label)));
  }

  private Optional<ByteCount> rate(String label) {
    return settings.get().rules().bandwidth().value(label);
  }

  /** Uses the rates of the current settings, also for connected visitors. */
  void settingsChanged() {
    Map<String, Shared> all;
    lock.lock();
    try {
      all = Map.copyOf(inUse);
    } finally {
      lock.unlock();
    }
    all.forEach(this::setRate);
  }
}
