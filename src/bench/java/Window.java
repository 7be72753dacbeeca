/**
 * The time of a measurement.
 *
 * @param warmMillis duration of the warm-up, which is not counted
 * @param millis duration of the measurement after the warm-up
 */
record Window(long warmMillis, long millis) {

  /** Sets a warm-up of the same duration but at most two seconds, enough for JIT compilation. */
  static Window ofSeconds(double seconds) {
    long millis = (long) (seconds * 1000);
    return new Window(Math.min(millis, 2000), millis);
  }
}
