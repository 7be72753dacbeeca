package culvert.noise;

import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * A Noise protocol by its name (section 8), such as {@code Noise_NK_25519_ChaChaPoly_BLAKE2s}.
 *
 * @param pattern who knows, tells and proves what
 * @param cipher what seals
 * @param hash what hashes
 */
public record NoiseProtocol(HandshakePattern pattern, Aead cipher, HashFunction hash) {

  private static final String DH = "25519";

  /**
   * The protocol of that name.
   *
   * @throws IllegalArgumentException saying what is wrong with the name and what is offered
   */
  public static NoiseProtocol parse(String name) {
    String[] parts = name.split("_", -1);
    if (parts.length != 5 || !parts[0].equals("Noise")) {
      throw new IllegalArgumentException(
          "\"" + name + "\" is no Noise protocol; one is Noise_NK_25519_ChaChaPoly_BLAKE2s");
    }
    HandshakePattern pattern = offered(name, "pattern", HandshakePattern.values(), parts[1]);
    if (!parts[2].equals(DH)) {
      throw notOffered(name, "key agreement", parts[2], DH);
    }
    return new NoiseProtocol(
        pattern,
        offered(name, "cipher", Aead.values(), parts[3]),
        offered(name, "hash", HashFunction.values(), parts[4]));
  }

  private static <E extends Enum<E>> E offered(String name, String what, E[] all, String wanted) {
    return Arrays.stream(all)
        .filter(each -> each.name().equals(wanted))
        .findFirst()
        .orElseThrow(() ->
            notOffered(
                name,
                what,
                wanted,
                Arrays.stream(all).map(Enum::name).collect(Collectors.joining(", "))));
  }

  private static IllegalArgumentException notOffered(
      String name, String what, String wanted, String offered) {
    return new IllegalArgumentException(
        "the Noise "
            + what
            + " \""
            + wanted
            + "\" of "
            + name
            + " is not offered; choose from: "
            + offered);
  }

  /** The protocol's name. */
  public String name() {
    return "Noise_" + pattern + "_" + DH + "_" + cipher + "_" + hash;
  }

  /** Whether that side needs a key pair of its own. */
  public boolean isLocalKeyRequired(boolean initiator) {
    return pattern.isStaticKnown(initiator) || pattern.isStaticSent(initiator);
  }

  /** Whether that side needs to know the other's public key beforehand. */
  public boolean isRemoteKeyRequired(boolean initiator) {
    return pattern.isStaticKnown(!initiator);
  }

  /** Whether that side is told the other's public key by the handshake. */
  public boolean isRemoteKeySent(boolean initiator) {
    return pattern.isStaticSent(!initiator);
  }

  /** Whether both need a pre-shared key. */
  public boolean isPskRequired() {
    return pattern.hasPsk();
  }

  @Override
  public String toString() {
    return name();
  }
}
