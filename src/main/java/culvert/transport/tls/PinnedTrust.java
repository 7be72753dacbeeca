package culvert.transport.tls;

import culvert.config.TlsTrust;
import java.security.MessageDigest;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;

/** Takes one certificate and no other, whatever stands in it. */
final class PinnedTrust extends PeerTrust {

  private final TlsTrust.Pin pin;

  PinnedTrust(TlsTrust.Pin pin) {
    this.pin = pin;
  }

  @Override
  void check(X509Certificate[] chain, String method, SSLEngine engine) throws CertificateException {
    if (!MessageDigest.isEqual(Certificates.sha256(chain[0]), pin.bytes())) {
      throw new TlsSide.UntrustedException(
          "the remote proxy's certificate is not the one that --tls-pin names; what came has the"
              + " SHA-256 fingerprint "
              + Certificates.fingerprint(chain[0]),
          null);
    }
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0];
  }
}
