package culvert.remote;

import culvert.net.ReservedPlaces;
import culvert.net.SourcePrefix;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The places of all visitors, divided among public addresses as {@link ReservedPlaces} describes,
 * and limited for each source.
 */
final class VisitorPlaces {

  private final ReservedPlaces places;
  private final ReentrantLock lock = new ReentrantLock();

  /** Guarded by the lock, as is the map. */
  private int maxPerSource;

  private final Map<SourcePrefix, Integer> ofSource = new HashMap<>();

  /**
   * Creates places for any number of public addresses.
   *
   * @param max maximum number of visitors
   * @param maxPerSource maximum number of visitors from one source
   */
  VisitorPlaces(int max, int maxPerSource) {
    this.places = new ReservedPlaces(max);
    this.maxPerSource = maxPerSource;
  }

  /** Returns the places of another public address, which is not open yet. */
  ReservedPlaces.Share share() {
    return places.share();
  }

  /** Changes the limits; visitors that exceed them stay. */
  void setLimits(int maxOfAll, int maxOfSource) {
    places.setMax(maxOfAll);
    lock.lock();
    try {
      maxPerSource = maxOfSource;
    } finally {
      lock.unlock();
    }
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
