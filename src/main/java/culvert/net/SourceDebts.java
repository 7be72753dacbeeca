package culvert.net;

/**
 * The time that datagrams owe which have passed a {@link TokenBucket} without waiting, by source.
 * One more may pass if its source owes no more than what all sources together leave free of a
 * limit: a single source is stopped at half of the limit, and the more sources send too much, the
 * less each of them may owe, so that something is always left for another one. What was owed is
 * paid in equal parts.
 *
 * <p>There is a fixed number of slots, and sources whose hashes are equal share one: addresses of
 * datagrams can be forged, and would fill a map. Not safe for use by several threads.
 */
final class SourceDebts {

  private static final int SLOT_BITS = 6;

  /** The multiplier of Fibonacci hashing, which spreads similar numbers. */
  private static final int GOLDEN = 0x9E3779B9;

  /** Differs between processes, so that a peer cannot choose a source with the slot of another. */
  private final int salt;

  /** Nanoseconds by slot; empty before the first datagram. */
  private double[] owed = {};

  private double total;

  SourceDebts(int salt) {
    this.salt = salt;
  }

  /** Adds the time of a datagram; returns false, without an effect, if its source owes too much. */
  boolean tryAdd(SourcePrefix source, double nanos, double limit) {
    if (owed.length == 0) {
      owed = new double[1 << SLOT_BITS];
    }
    int slot = slot(source);
    if (owed[slot] > limit - total) {
      return false;
    }
    owed[slot] += nanos;
    total += nanos;
    return true;
  }

  /** Removes the time of a datagram that did not pass after all. */
  void remove(SourcePrefix source, double nanos) {
    if (owed.length > 0) {
      int slot = slot(source);
      double removed = Math.min(nanos, owed[slot]);
      owed[slot] -= removed;
      total -= removed;
    }
  }

  /** Pays for time that has passed; returns the part for which nothing was owed. */
  double pay(double nanos) {
    double left = nanos;
    for (int sources = count(); sources > 0 && left > 0; ) {
      double part = left / sources;
      left = 0;
      sources = 0;
      total = 0;
      for (int slot = 0; slot < owed.length; slot++) {
        if (owed[slot] > part) {
          owed[slot] -= part;
          total += owed[slot];
          sources++;
        } else if (owed[slot] > 0) {
          left += part - owed[slot];
          owed[slot] = 0;
        }
      }
    }
    return left;
  }

  private int count() {
    int count = 0;
    if (total > 0) {
      for (double one : owed) {
        count += one > 0 ? 1 : 0;
      }
    }
    return count;
  }

  /** Multiplies everything that is owed. */
  void scale(double factor) {
    total *= factor;
    for (int slot = 0; slot < owed.length; slot++) {
      owed[slot] *= factor;
    }
  }

  private int slot(SourcePrefix source) {
    return (source.hashCode() ^ salt) * GOLDEN >>> Integer.SIZE - SLOT_BITS;
  }
}
