package culvert.cli.option;

import culvert.config.FilePermissions;
import culvert.config.Secret;
import culvert.config.TransportKind;
import culvert.config.TransportSettings;
import culvert.config.WebSocketSettings;
import culvert.setting.Setting;
import culvert.setting.SettingMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Options of the link between the two proxies: secret and transport. */
public final class LinkOptions {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Mixin private SecretOptions secret;

  @Option(
      names = "--transport",
      paramLabel = "KIND",
      description =
          "Transport of the link: noise, tls, ws, wss or plain. noise is encrypted with the secret"
              + " or with keys, and so is the content of the WebSockets ws and wss; plain is not"
              + " encrypted. Both sides need the same; only if a web server in front of the remote"
              + " proxy terminates TLS, the origin proxy uses wss and the remote proxy ws."
              + " [default: noise with a secret, otherwise plain]")
  @InHelp(value = HelpGroup.TRANSPORT, isBrief = true)
  private TransportKind transport;

  @Mixin private WebSocketPathOption path;

  @Mixin private NoiseOptions noise;

  /** Null until requested: files are read once, because they may be pipes. */
  private List<Secret> secrets;

  /**
   * Returns the secrets that are set, all equally valid.
   *
   * @throws IllegalArgumentException if text and file are both given, or a file is invalid
   */
  public List<Secret> secrets() {
    if (secrets == null) {
      secrets = secret.secrets();
    }
    return secrets;
  }

  /** Makes the next call of {@link #secrets} read the files again. */
  public void forgetSecrets() {
    secrets = null;
  }

  /**
   * Returns the secret of an origin proxy.
   *
   * @throws IllegalArgumentException as {@link #secrets}, and if there are several
   */
  public Optional<Secret> secret() {
    return secret.single(secrets(), "an origin proxy");
  }

  /**
   * Returns the transport of the link.
   *
   * @param host the WebSocket's Host header, if it is not that of the address
   */
  public TransportSettings transport(Optional<String> host) {
    return new TransportSettings(
        Optional.ofNullable(transport), noise.settings(), new WebSocketSettings(path.path(), host));
  }

  /** Returns warnings about settings that are valid but weak. */
  public List<SettingMessage> advice() {
    var lines = new ArrayList<>(secret.advice());
    noise
        .keyFile()
        .flatMap(file -> FilePermissions.of(Setting.NOISE_KEY_FILE, file))
        .ifPresent(lines::add);
    if (secrets().stream().anyMatch(Secret::isShort)) {
      lines.add(
          SettingMessage.of(
              "the secret is short: with a recorded login it can be found by guessing;"
                  + " 'culvert keygen' prints one that cannot be guessed"));
    }
    return lines;
  }
}
