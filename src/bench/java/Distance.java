import java.time.Duration;

/**
 * The distance between the two proxies of a tunnel.
 *
 * @param roundTrip the round-trip time; zero: no relay between the proxies
 * @param bitsPerSecond the rate in each direction; zero: unlimited
 */
record Distance(Duration roundTrip, double bitsPerSecond) {

  static final Distance NONE = new Distance(Duration.ZERO, 0);

  boolean isNone() {
    return roundTrip.isZero();
  }

  boolean isSlow() {
    return bitsPerSecond > 0;
  }
}
