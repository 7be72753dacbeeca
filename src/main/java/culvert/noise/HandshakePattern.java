package culvert.noise;

import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The supported handshake patterns (section 7.5): the pre-messages of both sides, then the
 * messages, starting with the initiator's. The constants are named as in a protocol name.
 */
enum HandshakePattern {
  /** Neither side authenticates. */
  NN(false, false, "e", "e ee"),
  /** The initiator knows the static key of the responder. */
  NK(false, true, "e es", "e ee"),
  /** Both sides send their static keys. */
  XX(false, false, "e", "e ee s es", "s se"),
  /** Each side knows the static key of the other. */
  KK(true, true, "e es ss", "e ee se"),
  /** Both sides know a pre-shared key (section 9.4). */
  NNpsk0(false, false, "psk e", "e ee");

  private final boolean initiatorKnown;
  private final boolean responderKnown;
  private final List<List<HandshakeToken>> messages;

  HandshakePattern(boolean initiatorKnown, boolean responderKnown, String... messages) {
    this.initiatorKnown = initiatorKnown;
    this.responderKnown = responderKnown;
    this.messages = Stream.of(messages).map(HandshakePattern::tokens).toList();
  }

  private static List<HandshakeToken> tokens(String message) {
    return Stream.of(message.split(" "))
        .map(token -> HandshakeToken.valueOf(token.toUpperCase(Locale.ROOT)))
        .toList();
  }

  /**
   * Returns the tokens of each message. The initiator sends the first; then the sides alternate.
   */
  List<List<HandshakeToken>> messages() {
    return messages;
  }

  /** Returns whether the static key of that side is a pre-message, known to the other. */
  boolean isStaticKnown(boolean initiator) {
    return initiator ? initiatorKnown : responderKnown;
  }

  /** Returns whether that side sends its static key. */
  boolean isStaticSent(boolean initiator) {
    return IntStream.range(0, messages.size())
        .anyMatch(i -> (i % 2 == 0) == initiator && messages.get(i).contains(HandshakeToken.S));
  }

  /** Returns whether the pattern uses a pre-shared key. */
  boolean hasPsk() {
    return messages.stream().anyMatch(message -> message.contains(HandshakeToken.PSK));
  }
}
