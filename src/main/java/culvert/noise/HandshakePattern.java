package culvert.noise;

import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The handshake patterns offered, each as section 7.5 draws it: what either side knows beforehand,
 * then the messages, the initiator's first. They are called as in a protocol's name.
 */
enum HandshakePattern {
  /** Nobody proves who he is. */
  NN(false, false, "e", "e ee"),
  /** The initiator knows the responder's key. */
  NK(false, true, "e es", "e ee"),
  /** Both tell their keys under way. */
  XX(false, false, "e", "e ee s es", "s se"),
  /** Each knows the other's key. */
  KK(true, true, "e es ss", "e ee se"),
  /** Both know one secret (section 9.4). */
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

  /** The tokens of each message; the initiator sends the first, then they take turns. */
  List<List<HandshakeToken>> messages() {
    return messages;
  }

  /** Whether the static key of that side is known to the other beforehand. */
  boolean isStaticKnown(boolean initiator) {
    return initiator ? initiatorKnown : responderKnown;
  }

  /** Whether that side sends its static key. */
  boolean isStaticSent(boolean initiator) {
    return IntStream.range(0, messages.size())
        .anyMatch(i -> (i % 2 == 0) == initiator && messages.get(i).contains(HandshakeToken.S));
  }

  /** Whether there is a pre-shared key in it. */
  boolean hasPsk() {
    return messages.stream().anyMatch(message -> message.contains(HandshakeToken.PSK));
  }
}
