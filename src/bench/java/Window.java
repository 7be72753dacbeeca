/**
 * When a measurement counts.
 *
 * @param warmMillis what is left out at the beginning
 * @param millis how long it counts from then
 */
record Window(long warmMillis, long millis) {

  /** The warm-up is as long, but two seconds at most: what a just-in-time compiler needs. */
  static Window ofSeconds(double seconds) {
    long millis = (long) (seconds * 1000);
    return new Window(Math.min(millis, 2000), millis);
  }
}
