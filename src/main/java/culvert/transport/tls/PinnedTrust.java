package culvert.transport.tls;

import culvert.config.TlsTrust;
import culvert.setting.Setting;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;

/** Accepts certificates by their hashes, and ignores their contents. */
final class PinnedTrust extends PeerTrust {

  private final TlsTrust.Pins pins;
  private final TlsSide side;

  PinnedTrust(TlsTrust.Pins pins, TlsSide side) {
    this.pins = pins;
    this.side = side;
  }

  @Override
  void check(X509Certificate[] chain, String method, SSLEngine engine) throws CertificateException {
    if (!pins.contains(Certificates.sha256(chain[0]))) {
      throw new TlsErrors.UntrustedException(
          side.peer()
              + "'s certificate does not match "
              + side.setting(Setting.TLS_PIN)
              + "; its SHA-256 fingerprint is "
              + Certificates.fingerprint(chain[0]),
          null);
    }
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0];
  }
}
