package culvert.config;

import culvert.net.HostPort;
import java.util.Optional;
import javax.net.ssl.SNIHostName;

/**
 * TLS on the dialling side.
 *
 * @param trust by what it knows the remote proxy's certificate
 * @param serverName the name or address that the certificate must bear, if it is not the host that
 *     is dialled ({@code --tls-server-name})
 * @param identity the certificate it shows if the remote proxy asks for one
 */
public record TlsClientSettings(
    TlsTrust trust, Optional<String> serverName, Optional<TlsIdentity> identity) {

  /** What the command line has where nothing is given. */
  public static final TlsClientSettings DEFAULT =
      new TlsClientSettings(
          new TlsTrust.SystemStore(Optional.empty()), Optional.empty(), Optional.empty());

  /**
   * Checks the name.
   *
   * @throws IllegalArgumentException if no certificate could bear it
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
      throw new IllegalArgumentException(
          "--tls-server-name: '" + name + "' is no host name or address", e);
    }
  }
}
