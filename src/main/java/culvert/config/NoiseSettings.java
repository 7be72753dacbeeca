package culvert.config;

import culvert.noise.NoiseKeyPair;
import culvert.noise.NoiseProtocol;
import culvert.setting.Setting;
import culvert.setting.SettingException;
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

  /**
   * Copies the list.
   *
   * @throws IllegalArgumentException if there are more than 64 keys
   */
  public NoiseSettings {
    peers = List.copyOf(peers);
    if (peers.size() > MAX_PEERS) {
      throw new SettingException(
          "%s is given more than %s times", Setting.NOISE_PEER_KEY, MAX_PEERS);
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
            .map(text ->
                key(() -> NoiseKeyPair.publicOfText(text.strip()), "%s", Setting.NOISE_PEER_KEY))
            .toList());
  }

  private static NoiseKeyPair own(Path file) {
    String text = SmallTextFile.read(Setting.NOISE_KEY_FILE, file);
    return key(() -> NoiseKeyPair.ofPrivateText(text), "%s %s", Setting.NOISE_KEY_FILE, file);
  }

  /** Reads a key; {@code source} with its arguments is where it is from, for the message. */
  private static <T> T key(Supplier<T> reader, String source, Object... arguments) {
    try {
      return reader.get();
    } catch (IllegalArgumentException e) {
      throw new SettingException(
          e,
          source
              + " is not a key: expected 44 characters of base64, as printed by"
              + " 'culvert keygen "
              + Setting.NOISE
              + "'",
          arguments);
    }
  }

  private boolean hasStaticKeys() {
    return protocol.isLocalKeyRequired(true) || protocol.isLocalKeyRequired(false);
  }

  /**
   * Checks that this side has the keys that the pattern requires.
   *
   * @param dialling whether this side is the origin proxy
   * @throws SettingException naming the missing or superfluous option
   */
  public void check(boolean dialling) {
    if (protocol.isPskRequired() || !hasStaticKeys()) {
      throw new SettingException(
          "%s %s uses no static keys: omit it to encrypt with the secret",
          Setting.NOISE_PATTERN, protocol.name());
    }
    checkOwnKey(dialling);
    checkPeerKeys(dialling);
  }

  private void checkOwnKey(boolean dialling) {
    boolean isUsed = protocol.isLocalKeyRequired(dialling);
    if (!isUsed && own.isPresent()) {
      throw unused(Setting.NOISE_KEY_FILE, "uses no static key");
    }
    // A key that this side sends may be new: a peer that accepts any key needs no other.
    if (isUsed && own.isEmpty() && !protocol.isLocalKeySent(dialling)) {
      throw missing(Setting.NOISE_KEY_FILE);
    }
  }

  private void checkPeerKeys(boolean dialling) {
    boolean isRequired = protocol.isRemoteKeyRequired(dialling);
    if (!isRequired && !protocol.isRemoteKeySent(dialling) && !peers.isEmpty()) {
      throw unused(Setting.NOISE_PEER_KEY, "does not check the peer's key");
    }
    if (isRequired && peers.isEmpty()) {
      throw missing(Setting.NOISE_PEER_KEY);
    }
    if (isRequired && peers.size() > MAX_TRIED) {
      throw new SettingException(
          "%s is given more than %s times: with %s every login tries each key; use XX, which sends"
              + " the key",
          Setting.NOISE_PEER_KEY, MAX_TRIED, protocol.name());
    }
    if (dialling && isRequired && peers.size() > 1) {
      throw new SettingException(
          "%s is given more than once: with %s this side uses the key before it knows which remote"
              + " proxy it reaches; give all of them the same key, or use XX, which sends the key",
          Setting.NOISE_PEER_KEY, protocol.name());
    }
  }

  private SettingException missing(Setting key) {
    return new SettingException(
        "%s %s needs %s on this side", Setting.NOISE_PATTERN, protocol.name(), key);
  }

  private SettingException unused(Setting key, String reason) {
    return new SettingException(
        "%s has no effect with %s on this side, which %s: omit it, or use KK or XX",
        key, protocol.name(), reason);
  }
}
