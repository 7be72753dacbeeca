package culvert.config;

import culvert.net.HostPort;
import culvert.setting.Setting;
import java.net.IDN;
import java.util.Optional;
import java.util.regex.Pattern;

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

  private static final Pattern NAME =
      Pattern.compile("(?=.{1,254}\\z)[A-Za-z0-9_-]{1,63}(\\.[A-Za-z0-9_-]{1,63})*\\.?");

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

  /** A name in DNS may have underscores and a trailing dot, which {@link IDN} accepts. */
  private static void check(String name) {
    try {
      if (new HostPort(name, 0).literal().isPresent()
          || NAME.matcher(IDN.toASCII(name)).matches()) {
        return;
      }
    } catch (IllegalArgumentException e) {
      // It is not a name in DNS either.
    }
    throw new InvalidSettingException(Setting.TLS_SERVER_NAME, name, "a host name or an address");
  }
}
