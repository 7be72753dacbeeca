package culvert.remote;

import culvert.config.ByteCount;
import culvert.net.BandwidthLimit;
import culvert.net.BandwidthLimits;
import culvert.net.SourcePrefix;
import culvert.net.TokenBucket;
import java.util.List;
import java.util.Optional;

/** The bandwidth that visitors share: a bucket for each direction, both with one rate. */
final class BucketPair {
  private final TokenBucket forward = new TokenBucket();
  private final TokenBucket backward = new TokenBucket();

  /**
   * Sets the rate, also for connected visitors.
   *
   * @param bytesPerSecond unlimited if empty
   */
  void setRate(Optional<ByteCount> bytesPerSecond) {
    long rate = bytesPerSecond.map(ByteCount::bytes).orElse(TokenBucket.UNLIMITED);
    forward.setRate(rate);
    backward.setRate(rate);
  }

  /**
   * Returns the limits of one visitor.
   *
   * @param other the buckets that its bytes pass as well, if any
   * @param source that of the visitor
   */
  BandwidthLimits limits(Optional<BucketPair> other, SourcePrefix source) {
    return new BandwidthLimits(
        new BandwidthLimit(with(forward, other.map(pair -> pair.forward)), source),
        new BandwidthLimit(with(backward, other.map(pair -> pair.backward)), source));
  }

  private static List<TokenBucket> with(TokenBucket own, Optional<TokenBucket> other) {
    return other.map(one -> List.of(own, one)).orElseGet(() -> List.of(own));
  }
}
