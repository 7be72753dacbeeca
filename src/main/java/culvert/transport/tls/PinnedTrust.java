package culvert.transport.tls;

import culvert.config.TlsTrust;
import culvert.setting.Setting;
import java.security.MessageDigest;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;

/** Accepts one certificate only, by its hash, and ignores its contents. */
final class PinnedTrust extends PeerTrust {

  private final TlsTrust.Pin pin;
  private final TlsSide side;

  PinnedTrust(TlsTrust.Pin pin, TlsSide side) {
    this.pin = pin;
    this.side = side;
  }

  @Override
  void check(X509Certificate[] chain, String method, SSLEngine engine) throws CertificateException {
    if (!MessageDigest.isEqual(Certificates.sha256(chain[0]), pin.bytes())) {
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
