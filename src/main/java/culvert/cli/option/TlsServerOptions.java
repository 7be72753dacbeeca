package culvert.cli.option;

import culvert.config.TlsServerSettings;
import culvert.setting.Setting;
import culvert.setting.SettingException;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** TLS options of a listening role. */
@InHelp(HelpGroup.SECURITY)
public final class TlsServerOptions {

  @Mixin private TlsIdentityOptions own;

  @Option(
      names = "--tls-client-ca",
      paramLabel = "FILE",
      description = "Require a client certificate issued by one of these CAs (PEM file).")
  private Path clientAuthorities;

  /**
   * Returns the settings, if a certificate is set.
   *
   * @throws IllegalArgumentException if an option is missing or contradicts another
   */
  public Optional<TlsServerSettings> settings() {
    var identity = own.identity();
    if (identity.isEmpty() && clientAuthorities != null) {
      throw new SettingException("%s is given without %s", Setting.TLS_CLIENT_CA, Setting.TLS_CERT);
    }
    return identity.map(
        given -> new TlsServerSettings(given, Optional.ofNullable(clientAuthorities)));
  }
}
