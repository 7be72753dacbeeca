package culvert.dialect.bore;

import java.time.Duration;

/**
 * How long a client must have sent nothing before it receives the challenge, where another protocol
 * is served at the same address.
 *
 * @param usual the first bytes of another protocol arrive within it even if a packet is lost
 * @param ofChannel on what is most likely a data channel: it delays a visitor
 */
record Silences(Duration usual, Duration ofChannel) {

  /** A client waits 3 s for the challenge. */
  private static final Duration MAX = Duration.ofSeconds(1);

  private static final Duration MAX_OF_CHANNEL = Duration.ofMillis(50);

  /** The part of the time for a handshake in which nothing may happen. */
  private static final int PART = 3;

  /** Returns the values for connections whose handshake may take this long. */
  static Silences within(Duration handshake) {
    Duration part = handshake.dividedBy(PART);
    return new Silences(shorter(MAX, part), shorter(MAX_OF_CHANNEL, part));
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }
}
