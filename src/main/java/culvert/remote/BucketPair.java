package culvert.remote;

import culvert.config.ByteCount;
import culvert.net.BandwidthLimit;
import culvert.net.BandwidthLimits;
import culvert.net.SourcePrefix;
import culvert.net.TokenBucket;
import java.lang.ref.WeakReference;
import java.util.List;
import java.util.Optional;

/**
 * The bandwidth that visitors share: a bucket for each direction, both with one rate.
 *
 * @param forward from the visitors to the origin servers
 * @param backward from the origin servers to the visitors
 */
record BucketPair(TokenBucket forward, TokenBucket backward) {

  /** A pair that exists as long as visitors use it. */
  static final class Released {
    private final WeakReference<TokenBucket> forward;
    private final WeakReference<TokenBucket> backward;

    private Released(BucketPair pair) {
      this.forward = new WeakReference<>(pair.forward);
      this.backward = new WeakReference<>(pair.backward);
    }

    /** Returns the pair, if visitors use it. */
    Optional<BucketPair> get() {
      TokenBucket currentForward = forward.get();
      TokenBucket currentBackward = backward.get();
      return currentForward == null || currentBackward == null
          ? Optional.empty()
          : Optional.of(new BucketPair(currentForward, currentBackward));
    }
  }

  /** Creates a pair that limits nothing. */
  BucketPair() {
    this(new TokenBucket(), new TokenBucket());
  }

  /** Leaves the pair to its visitors. */
  Released release() {
    return new Released(this);
  }

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
