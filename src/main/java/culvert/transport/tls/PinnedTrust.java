package culvert.transport.tls;

import culvert.config.TlsTrust;
import culvert.protocol.PeerNames;
import culvert.setting.Setting;
import java.security.MessageDigest;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;

/** Accepts one certificate only, by its hash, and ignores its contents. */
final class PinnedTrust extends PeerTrust {

  private final TlsTrust.Pin pin;
  private final PeerNames server;

  PinnedTrust(TlsTrust.Pin pin, PeerNames server) {
    this.pin = pin;
    this.server = server;
  }

  @Override
  void check(X509Certificate[] chain, String method, SSLEngine engine) throws CertificateException {
    if (!MessageDigest.isEqual(Certificates.sha256(chain[0]), pin.bytes())) {
      throw new TlsErrors.UntrustedException(
          server.peer()
              + "'s certificate does not match "
              + server.setting(Setting.TLS_PIN)
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
