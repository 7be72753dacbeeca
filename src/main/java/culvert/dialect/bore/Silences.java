package culvert.dialect.bore;

import java.time.Duration;

/**
 * How long a client must have sent nothing before it receives the challenge, where another protocol
 * is served at the same address.
 *
 * @param usual the first bytes of another protocol arrive within it even if a packet is lost
 * @param underLoad while more than half of the places for unauthenticated connections are in use
 * @param ofChannel on what is most likely a data channel, because it delays a visitor; and while
 *     more than three quarters of the places are in use
 */
record Silences(Duration usual, Duration underLoad, Duration ofChannel) {

  /** A client waits 3 s for the challenge. */
  private static final Duration MAX = Duration.ofSeconds(1);

  private static final Duration MAX_UNDER_LOAD = Duration.ofMillis(200);
  private static final Duration MAX_OF_CHANNEL = Duration.ofMillis(50);

  /** The part of the time for a handshake in which nothing may happen. */
  private static final int PART = 3;

  private static final double HIGH_LOAD = 0.5;
  private static final double VERY_HIGH_LOAD = 0.75;

  /** Returns the values for connections whose handshake may take this long. */
  static Silences within(Duration handshake) {
    Duration part = handshake.dividedBy(PART);
    return new Silences(
        shorter(MAX, part), shorter(MAX_UNDER_LOAD, part), shorter(MAX_OF_CHANNEL, part));
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  /**
   * Returns the silence on a connection that may be of any protocol. A flood of connections evicts
   * a silent client before the usual silence is over.
   *
   * @param load the part of the places that is in use, 0 to 1
   */
  Duration at(double load) {
    if (load > VERY_HIGH_LOAD) {
      return ofChannel;
    }
    return load > HIGH_LOAD ? underLoad : usual;
  }
}
