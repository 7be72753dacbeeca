package culvert.net;

import java.util.ArrayList;
import java.util.List;

/**
 * The rate of bytes in one direction: that of every bucket which the bytes pass, such as one of a
 * service.
 *
 * @param buckets each of them limits other senders too
 */
public record BandwidthLimit(List<TokenBucket> buckets) {

  /** No limit, now and later. */
  public static final BandwidthLimit NONE = new BandwidthLimit(List.of());

  /** Copies the list. */
  public BandwidthLimit {
    buckets = List.copyOf(buckets);
  }

  /** Returns the limit of bytes that pass the buckets of both. */
  BandwidthLimit and(BandwidthLimit other) {
    var both = new ArrayList<>(buckets);
    both.addAll(other.buckets);
    return new BandwidthLimit(both);
  }

  /** Returns whether no bucket limits anything now. */
  boolean isUnlimited() {
    for (TokenBucket bucket : buckets) {
      if (!bucket.isUnlimited()) {
        return false;
      }
    }
    return true;
  }

  /** Returns how many bytes to reserve at most. */
  int piece() {
    int piece = Integer.MAX_VALUE;
    for (TokenBucket bucket : buckets) {
      piece = Math.min(piece, bucket.piece());
    }
    return piece;
  }

  /** Returns a number that is different once the rate of a bucket has changed. */
  int changes() {
    return buckets.stream().mapToInt(TokenBucket::changes).sum();
  }

  /** Reserves the next bytes; returns the nanoseconds until they may pass every bucket. */
  long reserve(int bytes) {
    return buckets.stream().mapToLong(bucket -> bucket.reserve(bytes)).max().orElse(0);
  }

  /** Lets bytes pass now; returns false, without an effect, if they cannot pass every bucket. */
  public boolean tryTake(int bytes) {
    for (int i = 0; i < buckets.size(); i++) {
      if (!buckets.get(i).tryTake(bytes)) {
        buckets.subList(0, i).forEach(bucket -> bucket.giveBack(bytes));
        return false;
      }
    }
    return true;
  }
}
