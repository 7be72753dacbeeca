package culvert.observe;

import java.util.BitSet;

/**
 * Estimates the number of different sources in constant memory, by linear counting: each source
 * sets the bit that its hash selects, and the number of clear bits yields the estimate. It is exact
 * for a few sources and within some percent up to 500,000, the maximum. Not safe for use by several
 * threads.
 */
final class SourceEstimate {

  private static final int BITS = 1 << 16;

  private final BitSet bits = new BitSet();

  /** Adds a source; has no effect if it was added before. */
  void add(Object source) {
    bits.set(mix(source.hashCode()) >>> 16);
  }

  /** Returns the estimated number of sources. */
  long count() {
    int clear = Math.max(BITS - bits.cardinality(), 1);
    return Math.round(BITS * Math.log((double) BITS / clear));
  }

  /** Forgets every source. */
  void clear() {
    bits.clear();
  }

  /** The finalizer of MurmurHash3: neighbouring addresses have neighbouring hashes. */
  private static int mix(int hash) {
    int h = (hash ^ hash >>> 16) * 0x85ebca6b;
    h = (h ^ h >>> 13) * 0xc2b2ae35;
    return h ^ h >>> 16;
  }
}
