import java.time.Duration;

/**
 * How far apart the two halves of a tunnel are.
 *
 * @param roundTrip zero: side by side, with nothing between
 * @param bitsPerSecond what goes each way; zero: as much as there is
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
