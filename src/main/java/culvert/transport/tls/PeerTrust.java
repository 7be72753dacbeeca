package culvert.transport.tls;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/** Verifies the peer's certificate for an engine; the JDK's other checks are not supported. */
abstract class PeerTrust extends X509ExtendedTrustManager {

  /**
   * Returns normally if the certificate is acceptable.
   *
   * @param chain the peer's own certificate first
   * @throws TlsErrors.UntrustedException if it is not, with a message for the user
   */
  abstract void check(X509Certificate[] chain, String method, SSLEngine engine)
      throws CertificateException;

  @Override
  public final void checkServerTrusted(X509Certificate[] chain, String method, SSLEngine engine)
      throws CertificateException {
    check(chain, method, engine);
  }

  @Override
  public final void checkClientTrusted(X509Certificate[] chain, String method, SSLEngine engine)
      throws CertificateException {
    check(chain, method, engine);
  }

  @Override
  public final void checkServerTrusted(X509Certificate[] chain, String method)
      throws CertificateException {
    throw unsupported();
  }

  @Override
  public final void checkClientTrusted(X509Certificate[] chain, String method)
      throws CertificateException {
    throw unsupported();
  }

  @Override
  public final void checkServerTrusted(X509Certificate[] chain, String method, Socket socket)
      throws CertificateException {
    throw unsupported();
  }

  @Override
  public final void checkClientTrusted(X509Certificate[] chain, String method, Socket socket)
      throws CertificateException {
    throw unsupported();
  }

  private static CertificateException unsupported() {
    return new CertificateException("only checks for an SSLEngine are supported");
  }
}
