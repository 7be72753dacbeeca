package culvert.noise;

import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * A Noise protocol and its name (section 8), such as {@code Noise_NK_25519_ChaChaPoly_BLAKE2s}.
 *
 * @param pattern the handshake pattern
 * @param cipher the cipher functions
 * @param hash the hash function
 */
public record NoiseProtocol(HandshakePattern pattern, Aead cipher, HashFunction hash) {

  private static final String DH = "25519";

  /**
   * Returns the protocol of that name.
   *
   * @throws IllegalArgumentException if the name is invalid or the protocol is not supported; the
   *     message lists the supported choices
   */
  public static NoiseProtocol parse(String name) {
    String[] parts = name.split("_", -1);
    if (parts.length != 5 || !parts[0].equals("Noise")) {
      throw new IllegalArgumentException(
          "\""
              + name
              + "\" is not a Noise protocol name such as Noise_NK_25519_ChaChaPoly_BLAKE2s");
    }
    HandshakePattern pattern = choose(name, "pattern", HandshakePattern.values(), parts[1]);
    if (!parts[2].equals(DH)) {
      throw unsupported(name, "key agreement", parts[2], DH);
    }
    return new NoiseProtocol(
        pattern,
        choose(name, "cipher", Aead.values(), parts[3]),
        choose(name, "hash", HashFunction.values(), parts[4]));
  }

  private static <E extends Enum<E>> E choose(String name, String what, E[] all, String wanted) {
    return Arrays.stream(all)
        .filter(each -> each.name().equals(wanted))
        .findFirst()
        .orElseThrow(() ->
            unsupported(
                name,
                what,
                wanted,
                Arrays.stream(all).map(Enum::name).collect(Collectors.joining(", "))));
  }

  private static IllegalArgumentException unsupported(
      String name, String what, String wanted, String supported) {
    return new IllegalArgumentException(
        "the Noise "
            + what
            + " \""
            + wanted
            + "\" of "
            + name
            + " is not supported; choose from: "
            + supported);
  }

  /** Returns the protocol name. */
  public String name() {
    return "Noise_" + pattern + "_" + DH + "_" + cipher + "_" + hash;
  }

  /** Returns whether that side requires a static key pair. */
  public boolean isLocalKeyRequired(boolean initiator) {
    return pattern.isStaticKnown(initiator) || pattern.isStaticSent(initiator);
  }

  /** Returns whether that side sends its static public key. */
  public boolean isLocalKeySent(boolean initiator) {
    return pattern.isStaticSent(initiator);
  }

  /** Returns whether that side must know the peer's static public key before the handshake. */
  public boolean isRemoteKeyRequired(boolean initiator) {
    return pattern.isStaticKnown(!initiator);
  }

  /** Returns whether the peer of that side sends its static public key. */
  public boolean isRemoteKeySent(boolean initiator) {
    return pattern.isStaticSent(!initiator);
  }

  /** Returns whether both sides require a pre-shared key. */
  public boolean isPskRequired() {
    return pattern.hasPsk();
  }

  @Override
  public String toString() {
    return name();
  }
}
