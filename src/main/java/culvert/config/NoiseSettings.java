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
 * Settings of Noise with static keys instead of the secret.
 *
 * @param protocol the handshake pattern and the primitives
 * @param own this side's static key pair, if the pattern uses one
 * @param peers the accepted public keys of the peer, 32 bytes each; an origin proxy has at most one
 */
public record NoiseSettings(
    NoiseProtocol protocol, Optional<NoiseKeyPair> own, List<byte[]> peers) {

  /** The default, which is also rathole's. */
  public static final String DEFAULT_PROTOCOL = "Noise_NK_25519_ChaChaPoly_BLAKE2s";

  private static final int MAX_PEERS = 64;

  /** Maximum keys to try for one login; each costs two scalar multiplications. */
  private static final int MAX_TRIED = 8;

  private static final long MAX_FILE_BYTES = 4096;

  /**
   * Copies the list.
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
   * Reads the values of the options.
   *
   * @param keyFile a file that contains a private key in base64
   * @param peerKeys public keys in base64
   * @throws IllegalArgumentException if a key is invalid or cannot be read; the message names the
   *     option
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
        throw new IllegalArgumentException(
            "--noise-key-file " + file + " is not a key: longer than " + MAX_FILE_BYTES + " bytes");
      }
      String text = Files.readString(file).strip();
      return key("--noise-key-file " + file, () -> NoiseKeyPair.ofPrivateText(text));
    } catch (IOException e) {
      throw new IllegalArgumentException("cannot read --noise-key-file " + file, e);
    }
  }

  private static <T> T key(String option, Supplier<T> reader) {
    try {
      return reader.get();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          option
              + " is not a key: expected 44 characters of base64, as printed by"
              + " 'culvert keygen --noise'",
          e);
    }
  }

  private boolean hasStaticKeys() {
    return protocol.isLocalKeyRequired(true) || protocol.isLocalKeyRequired(false);
  }

  /**
   * Checks that this side has the keys that the pattern requires.
   *
   * @param dialling whether this side is the origin proxy
   * @throws IllegalArgumentException whose message names the missing or excess option
   */
  public void check(boolean dialling) {
    if (protocol.isPskRequired() || !hasStaticKeys()) {
      throw new IllegalArgumentException(
          "--noise-pattern "
              + protocol.name()
              + " uses no keys: omit the option to encrypt with the secret");
    }
    boolean sent = protocol.isRemoteKeySent(!dialling);
    if (protocol.isLocalKeyRequired(dialling) && own.isEmpty() && !sent) {
      throw new IllegalArgumentException(
          "--noise-pattern " + protocol.name() + " needs --noise-key-file on this side");
    }
    if (!protocol.isLocalKeyRequired(dialling) && own.isPresent()) {
      throw new IllegalArgumentException(
          "--noise-key-file has no effect with "
              + protocol.name()
              + " on this side, which does not send a key: omit it, or use KK or XX");
    }
    boolean known = protocol.isRemoteKeyRequired(dialling) || protocol.isRemoteKeySent(dialling);
    if (!known && !peers.isEmpty()) {
      throw new IllegalArgumentException(
          "--noise-peer-key has no effect with "
              + protocol.name()
              + " on this side, which does not receive the peer's key: omit it, or use KK or XX");
    }
    if (protocol.isRemoteKeyRequired(dialling) && peers.size() > MAX_TRIED) {
      throw new IllegalArgumentException(
          "--noise-peer-key is given more than "
              + MAX_TRIED
              + " times: with "
              + protocol.name()
              + " every login tries each key; use XX, which sends the key");
    }
    if (protocol.isRemoteKeyRequired(dialling) && peers.isEmpty()) {
      throw new IllegalArgumentException(
          "--noise-pattern " + protocol.name() + " needs --noise-peer-key on this side");
    }
    if (dialling && peers.size() > 1) {
      throw new IllegalArgumentException(
          "--noise-peer-key is given more than once: an origin proxy has one remote proxy");
    }
  }
}
