package culvert.remote;

import culvert.config.ByteCount;
import culvert.net.BandwidthLimit;
import culvert.net.BandwidthLimits;
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

  /** Returns the limits of one visitor. */
  BandwidthLimits limits() {
    return new BandwidthLimits(
        new BandwidthLimit(List.of(forward)), new BandwidthLimit(List.of(backward)));
  }
}
