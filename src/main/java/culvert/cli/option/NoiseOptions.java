package culvert.cli.option;

import culvert.config.NoiseSettings;
import culvert.noise.NoiseProtocol;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Options of both roles for Noise with keys. */
@InHelp(HelpGroup.SECURITY)
final class NoiseOptions {

  @Option(
      names = "--noise-pattern",
      paramLabel = "NAME",
      description =
          "Encrypt with keys instead of the secret, by this Noise protocol. Supported are NK, KK"
              + " and XX; ChaChaPoly and AESGCM; BLAKE2s and SHA256. [default with a key: "
              + NoiseSettings.DEFAULT_PROTOCOL
              + "]")
  private NoiseProtocol pattern;

  @Option(
      names = "--noise-key-file",
      paramLabel = "FILE",
      description =
          "Read the private key of this side from this file; see 'culvert keygen --noise'.")
  private Path keyFile;

  @Option(
      names = "--noise-peer-key",
      paramLabel = "KEY",
      split = ",",
      hideParamSyntax = true,
      description = "Public key of the other side. A remote proxy accepts several.")
  private List<String> peerKeys = List.of();

  /** Returns the file of the private key, if one is set. */
  Optional<Path> keyFile() {
    return Optional.ofNullable(keyFile);
  }

  /**
   * Returns the settings, if one of these options is set.
   *
   * @throws IllegalArgumentException if a key is invalid
   */
  Optional<NoiseSettings> settings() {
    return pattern == null && keyFile == null && peerKeys.isEmpty()
        ? Optional.empty()
        : Optional.of(
            NoiseSettings.of(Optional.ofNullable(pattern), Optional.ofNullable(keyFile), peerKeys));
  }
}
