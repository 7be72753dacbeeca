package culvert.cli.option;

import culvert.config.NoiseSettings;
import culvert.noise.NoiseProtocol;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Options of Noise with keys, which both roles have. */
final class NoiseOptions {

  @Option(
      names = "--noise-pattern",
      paramLabel = "NAME",
      description =
          "Seal with keys instead of the secret: a pattern of Noise, as "
              + NoiseSettings.DEFAULT_PROTOCOL
              + ", which is the default where a key is given. NK, KK, XX; ChaChaPoly, AESGCM; "
              + "BLAKE2s, SHA256.")
  private NoiseProtocol pattern;

  @Option(
      names = "--noise-key-file",
      paramLabel = "FILE",
      description = "Read this side's private key from this file; see 'culvert keygen --noise'.")
  private Path keyFile;

  @Option(
      names = "--noise-peer-key",
      paramLabel = "KEY",
      split = ",",
      hideParamSyntax = true,
      description =
          "The other side's public key. A remote proxy may be given several: any of them lets in.")
  private List<String> peerKeys = List.of();

  /** The file of the private key, if there is one. */
  Optional<Path> keyFile() {
    return Optional.ofNullable(keyFile);
  }

  /**
   * What is set, if anything is.
   *
   * @throws IllegalArgumentException if a key is no good
   */
  Optional<NoiseSettings> settings() {
    return pattern == null && keyFile == null && peerKeys.isEmpty()
        ? Optional.empty()
        : Optional.of(
            NoiseSettings.of(Optional.ofNullable(pattern), Optional.ofNullable(keyFile), peerKeys));
  }
}
