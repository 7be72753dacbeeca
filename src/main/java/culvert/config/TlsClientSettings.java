package culvert.config;

import culvert.net.HostPort;
import culvert.setting.Setting;
import java.util.Optional;
import javax.net.ssl.SNIHostName;

/**
 * TLS on the dialling side.
 *
 * @param trust the rule for accepting the server's certificate
 * @param serverName the name or address that the certificate must be valid for, if not the host
 *     that is dialled ({@code --tls-server-name})
 * @param identity the certificate that this side presents if the server requests one
 */
public record TlsClientSettings(
    TlsTrust trust, Optional<String> serverName, Optional<TlsIdentity> identity) {

  /** The defaults of the command line. */
  public static final TlsClientSettings DEFAULT =
      new TlsClientSettings(
          new TlsTrust.SystemStore(Optional.empty()), Optional.empty(), Optional.empty());

  /**
   * Validates the name.
   *
   * @throws InvalidSettingException if no certificate can have it
   */
  public TlsClientSettings {
    serverName.ifPresent(TlsClientSettings::check);
  }

  private static void check(String name) {
    try {
      if (new HostPort(name, 0).literal().isEmpty()) {
        new SNIHostName(name);
      }
    } catch (IllegalArgumentException e) {
      throw new InvalidSettingException(Setting.TLS_SERVER_NAME, name, "a host name or an address");
    }
  }
}
