package culvert.config;

import culvert.noise.NoiseKeyPair;
import culvert.noise.NoiseProtocol;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Noise with keys instead of the secret.
 *
 * @param protocol which pattern and primitives
 * @param own this side's lasting key, where the pattern has one
 * @param peers public keys of 32 bytes that the other side may have; an origin proxy names one at
 *     the most
 */
public record NoiseSettings(
    NoiseProtocol protocol, Optional<NoiseKeyPair> own, List<byte[]> peers) {

  /** Of a side that names none: rathole's default too. */
  public static final String DEFAULT_PROTOCOL = "Noise_NK_25519_ChaChaPoly_BLAKE2s";

  private static final int MAX_PEERS = 64;

  /** What is tried at the most for one login, two multiplications each. */
  private static final int MAX_TRIED = 8;

  private static final long MAX_FILE_BYTES = 4096;

  /**
   * Keeps the list as it is.
   *
   * @throws IllegalArgumentException if there are more than 64 keys
   */
  public NoiseSettings {
    peers = List.copyOf(peers);
    if (peers.size() > MAX_PEERS) {
      throw new IllegalArgumentException(
          "--noise-peer-key is given more than " + MAX_PEERS + " times");
    }
  }

  /**
   * Reads what people give.
   *
   * @param keyFile holds a private key in base64
   * @param peerKeys public keys in base64
   * @throws IllegalArgumentException naming the option, if a key is none or cannot be read
   */
  public static NoiseSettings of(
      Optional<NoiseProtocol> protocol, Optional<Path> keyFile, List<String> peerKeys) {
    return new NoiseSettings(
        protocol.orElseGet(() -> NoiseProtocol.parse(DEFAULT_PROTOCOL)),
        keyFile.map(NoiseSettings::own),
        peerKeys.stream()
            .map(text -> key("--noise-peer-key", () -> NoiseKeyPair.publicOfText(text)))
            .toList());
  }

  private static NoiseKeyPair own(Path file) {
    try {
      if (Files.size(file) > MAX_FILE_BYTES) {
        throw new IllegalArgumentException("--noise-key-file " + file + " is no key: too long");
      }
      String text = Files.readString(file).strip();
      return key("--noise-key-file " + file, () -> NoiseKeyPair.ofPrivateText(text));
    } catch (IOException e) {
      throw new IllegalArgumentException("cannot read --noise-key-file " + file, e);
    }
  }

  private static <T> T key(String option, Supplier<T> reading) {
    try {
      return reading.get();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          option + " is no key: 44 letters of base64, as 'culvert keygen --noise' prints them", e);
    }
  }

  private boolean usesKeys() {
    return protocol.isLocalKeyRequired(true) || protocol.isLocalKeyRequired(false);
  }

  /**
   * Checks that this side has the keys that the pattern wants of it.
   *
   * @param dialling whether it is the origin proxy's
   * @throws IllegalArgumentException naming the option that is missing or too much
   */
  public void check(boolean dialling) {
    if (protocol.isPskRequired() || !usesKeys()) {
      throw new IllegalArgumentException(
          "--noise-pattern "
              + protocol.name()
              + " uses no keys: leave the option out, and the secret seals");
    }
    boolean shown = protocol.isRemoteKeySent(!dialling);
    if (protocol.isLocalKeyRequired(dialling) && own.isEmpty() && !shown) {
      throw new IllegalArgumentException(
          "--noise-pattern " + protocol.name() + " needs --noise-key-file on this side");
    }
    if (!protocol.isLocalKeyRequired(dialling) && own.isPresent()) {
      throw new IllegalArgumentException(
          "--noise-key-file means nothing to "
              + protocol.name()
              + " on this side, which never shows a key; leave it out, or take KK or XX");
    }
    boolean known = protocol.isRemoteKeyRequired(dialling) || protocol.isRemoteKeySent(dialling);
    if (!known && !peers.isEmpty()) {
      throw new IllegalArgumentException(
          "--noise-peer-key means nothing to "
              + protocol.name()
              + " on this side, which never learns a key of the other; leave it out, or take KK or"
              + " XX");
    }
    if (protocol.isRemoteKeyRequired(dialling) && peers.size() > MAX_TRIED) {
      throw new IllegalArgumentException(
          "--noise-peer-key is given more than "
              + MAX_TRIED
              + " times, and "
              + protocol.name()
              + " would try each at every login; take XX, which tells whose it is");
    }
    if (protocol.isRemoteKeyRequired(dialling) && peers.isEmpty()) {
      throw new IllegalArgumentException(
          "--noise-pattern " + protocol.name() + " needs --noise-peer-key on this side");
    }
    if (dialling && peers.size() > 1) {
      throw new IllegalArgumentException(
          "--noise-peer-key is given more than once; an origin proxy has one remote proxy");
    }
  }
}
