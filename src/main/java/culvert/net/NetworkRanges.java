package culvert.net;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Networks of one address family, in the order of their addresses. None is a part of another one,
 * so that only the last one that begins at or before an address can have it. Takes 17 bytes for
 * each network.
 */
final class NetworkRanges {

  private static final int BYTES = 16;

  /**
   * A network with its address as a number of 128 bits; that of an IPv4 network fills the first 32.
   */
  private record Range(long high, long low, int bits) {

    private static final Comparator<Range> ORDER =
        ((Comparator<Range>) (one, other) -> compare(one.high, one.low, other.high, other.low))
            .thenComparingInt(Range::bits);

    static Range of(Cidr network) {
      ByteBuffer address = number(network.bytes());
      int bits = network.bits();
      return new Range(address.getLong() & highMask(bits), address.getLong() & lowMask(bits), bits);
    }

    boolean contains(Range other) {
      return other.bits >= bits && isIn(other.high, other.low, high, low, bits);
    }
  }

  private final long[] highs;
  private final long[] lows;
  private final byte[] bits;

  /** Creates ranges of these networks, which have one family. */
  NetworkRanges(Collection<Cidr> networks) {
    List<Range> ranges = disjoint(networks.stream().map(Range::of).sorted(Range.ORDER).toList());
    this.highs = ranges.stream().mapToLong(Range::high).toArray();
    this.lows = ranges.stream().mapToLong(Range::low).toArray();
    this.bits = new byte[ranges.size()];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = (byte) ranges.get(i).bits();
    }
  }

  /** Leaves out networks that are a part of another one, which comes first in the order. */
  private static List<Range> disjoint(List<Range> sorted) {
    var ranges = new ArrayList<Range>();
    for (Range range : sorted) {
      if (ranges.isEmpty() || !ranges.getLast().contains(range)) {
        ranges.add(range);
      }
    }
    return ranges;
  }

  private static ByteBuffer number(byte[] address) {
    return ByteBuffer.wrap(Arrays.copyOf(address, BYTES));
  }

  private static long highMask(int bits) {
    return bits == 0 ? 0 : -1L << Math.max(0, Long.SIZE - bits);
  }

  private static long lowMask(int bits) {
    return bits <= Long.SIZE ? 0 : -1L << 2 * Long.SIZE - bits;
  }

  private static int compare(long high, long low, long otherHigh, long otherLow) {
    int order = Long.compareUnsigned(high, otherHigh);
    return order != 0 ? order : Long.compareUnsigned(low, otherLow);
  }

  private static boolean isIn(long high, long low, long ofHigh, long ofLow, int bits) {
    return (high & highMask(bits)) == ofHigh && (low & lowMask(bits)) == ofLow;
  }

  /** Returns whether an address of the family belongs to one of the networks. */
  boolean contains(byte[] address) {
    ByteBuffer number = number(address);
    long high = number.getLong();
    long low = number.getLong();
    int last = lastAtOrBefore(high, low);
    // The sign of 128 is lost in a byte.
    return last >= 0 && isIn(high, low, highs[last], lows[last], bits[last] & 0xff);
  }

  /** Returns the index of the last network that begins at or before an address, or -1. */
  private int lastAtOrBefore(long high, long low) {
    int from = 0;
    int to = bits.length;
    while (from < to) {
      int middle = (from + to) >>> 1;
      if (compare(highs[middle], lows[middle], high, low) <= 0) {
        from = middle + 1;
      } else {
        to = middle;
      }
    }
    return from - 1;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof NetworkRanges ranges
        && Arrays.equals(ranges.highs, highs)
        && Arrays.equals(ranges.lows, lows)
        && Arrays.equals(ranges.bits, bits);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * Arrays.hashCode(highs) + Arrays.hashCode(lows)) + Arrays.hashCode(bits);
  }
}
