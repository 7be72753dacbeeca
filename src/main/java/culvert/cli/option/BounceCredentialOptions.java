package culvert.cli.option;

import culvert.config.BounceCredentials;
import culvert.config.FilePermissions;
import culvert.config.GroupAddress;
import culvert.config.TlsClientSettings;
import culvert.config.WebSocketSettings;
import culvert.protocol.PeerNames;
import culvert.setting.Setting;
import culvert.setting.SettingException;
import culvert.setting.SettingMessage;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Credentials for a bounce server at which the two proxies meet. */
@InHelp(HelpGroup.SECURITY)
public final class BounceCredentialOptions {

  private static final PeerNames SERVER = PeerNames.BOUNCE_SERVER_OF_PROXY;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--bounce-auth",
      paramLabel = "TEXT",
      description =
          "Authentication string of the bounce server. Text on the command line is visible in the "
              + "process list; use --bounce-auth-file or CULVERT_BOUNCE_AUTH instead.")
  private String text;

  @Option(
      names = "--bounce-auth-file",
      paramLabel = "FILE",
      description = "Read the authentication string of the bounce server from this file.")
  private Path file;

  @Option(
      names = "--bounce-tls-ca",
      paramLabel = "FILE",
      description =
          "Certificate authorities for the bounce server's certificate (PEM file), with bounce+tls "
              + "and bounce+wss. [default: the system's, or those of SSL_CERT_FILE]")
  private Path authorities;

  @Option(
      names = "--bounce-tls-pin",
      paramLabel = "SHA256",
      description = "Accept only a certificate of the bounce server with this SHA-256 fingerprint.")
  private String pin;

  @Option(
      names = "--bounce-tls-server-name",
      paramLabel = "NAME",
      description =
          "Name that the bounce server's certificate must have. [default: the host in the URL]")
  private String serverName;

  @Option(
      names = "--bounce-tls-cert",
      paramLabel = "FILE",
      description =
          "Certificate of this side for a bounce server that requires one, followed by those of its"
              + " issuers (PEM file).")
  private Path certificate;

  @Option(
      names = "--bounce-tls-key",
      paramLabel = "FILE",
      description = "Private key of that certificate (PEM file, not encrypted).")
  private Path key;

  @Option(
      names = "--bounce-tls-pkcs12",
      paramLabel = "FILE",
      description =
          "Certificate and key in one PKCS#12 file, instead of --bounce-tls-cert and"
              + " --bounce-tls-key.")
  private Path archive;

  @Option(
      names = "--bounce-tls-password-file",
      paramLabel = "FILE",
      description = "Read the password of the PKCS#12 file from this file.")
  private Path password;

  @Option(
      names = "--bounce-ws-path",
      paramLabel = "PATH",
      defaultValue = "/",
      description = "Path of the bounce server's WebSocket, with bounce+ws and bounce+wss.")
  @InHelp(HelpGroup.TRANSPORT)
  private String path;

  /**
   * Returns the credentials that are set.
   *
   * @param groups the groups to join
   * @param environment variables, of which SSL_CERT_FILE is used
   * @throws IllegalArgumentException if an option is invalid
   */
  public BounceCredentials access(List<GroupAddress> groups, Map<String, String> environment) {
    var authentication = BounceAuthOptions.choose(spec, TextOrFile.BOUNCE_AUTH, text, file);
    boolean isTls = groups.stream().anyMatch(group -> group.transport().isTls());
    var identity = TlsIdentityOptions.identity(SERVER, certificate, key, archive, password);
    boolean isGiven =
        pin != null || authorities != null || serverName != null || identity.isPresent();
    try {
      var tls =
          new TlsClientSettings(
              TlsTrustOptions.trust(
                  SERVER, authorities, Optional.ofNullable(pin).map(List::of), environment),
              Optional.ofNullable(serverName),
              identity);
      return new BounceCredentials(
          authentication,
          isGiven || isTls ? Optional.of(tls) : Optional.empty(),
          new WebSocketSettings(path, Optional.empty()));
    } catch (SettingException e) {
      // The records name the settings of a link.
      throw e.about(SERVER::setting);
    }
  }

  /** Returns warnings about settings that are valid but weak. */
  public List<SettingMessage> advice() {
    return Optional.ofNullable(file)
        .flatMap(given -> FilePermissions.of(Setting.BOUNCE_AUTH_FILE, given))
        .stream()
        .toList();
  }
}
