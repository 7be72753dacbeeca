package culvert.cli.option;

import culvert.config.TlsClientSettings;
import culvert.config.TlsIdentity;
import culvert.config.TlsTrust;
import culvert.protocol.PeerNames;
import culvert.setting.Setting;
import culvert.setting.SettingException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Options by which a dialling role verifies the server's certificate. */
@InHelp(HelpGroup.SECURITY)
public final class TlsTrustOptions {

  @Option(
      names = "--tls-ca",
      paramLabel = "FILE",
      description =
          "Certificate authorities, one of which must have issued the server's certificate (PEM"
              + " file). [default: the system's, or those of SSL_CERT_FILE]")
  private Path authorities;

  @Option(
      names = "--tls-pin",
      paramLabel = "SHA256",
      split = ",",
      hideParamSyntax = true,
      description =
          "Accept only the certificate with this SHA-256 fingerprint, whatever its issuer. 'openssl"
              + " x509 -noout -fingerprint -sha256' prints it. Repeat the option for several remote"
              + " proxies with certificates of their own.")
  private List<String> pins;

  @Option(
      names = "--tls-server-name",
      paramLabel = "NAME",
      description =
          "Name that the server's certificate must have. [default: the host of the address]")
  private String serverName;

  /**
   * Returns the settings, if TLS is used or one of these options is set.
   *
   * @param isTls whether TLS is used
   * @param own certificate of this side, for a server that requires one
   * @param environment variables, of which SSL_CERT_FILE is used
   * @throws IllegalArgumentException if an option is invalid
   */
  public Optional<TlsClientSettings> settings(
      boolean isTls, Optional<TlsIdentity> own, Map<String, String> environment) {
    var settings =
        new TlsClientSettings(
            trust(PeerNames.REMOTE_PROXY, authorities, Optional.ofNullable(pins), environment),
            Optional.ofNullable(serverName),
            own);
    boolean isGiven = pins != null || authorities != null || serverName != null || own.isPresent();
    return isGiven || isTls ? Optional.of(settings) : Optional.empty();
  }

  /**
   * Returns the check of a server's certificate.
   *
   * @param server names of the server, for messages
   * @param authorities a file with CA certificates, or null
   * @param pins the fingerprints of its certificate or of those of several servers
   * @param environment variables, of which SSL_CERT_FILE is used
   * @throws IllegalArgumentException if both are given, or the fingerprint is invalid
   */
  static TlsTrust trust(
      PeerNames server,
      Path authorities,
      Optional<List<String>> pins,
      Map<String, String> environment) {
    if (authorities != null && pins.isPresent()) {
      throw new SettingException(
          "%s and %s are both given; keep one",
          server.setting(Setting.TLS_CA), server.setting(Setting.TLS_PIN));
    }
    if (pins.isPresent()) {
      return new TlsTrust.Pins(pins.get().stream().map(TlsTrust.Pin::new).toList());
    }
    var file =
        Optional.ofNullable(environment.get("SSL_CERT_FILE")).filter(text -> !text.isEmpty());
    return authorities != null
        ? new TlsTrust.Authorities(authorities)
        : new TlsTrust.SystemStore(file.map(Path::of));
  }
}
