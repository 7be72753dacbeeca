package culvert.transport.tls;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/** Judges the peer's certificate for an engine; the JDK's other ways to ask lead nowhere. */
abstract class PeerTrust extends X509ExtendedTrustManager {

  /**
   * Returns if the peer is who it should be.
   *
   * @param chain the peer's own certificate first
   * @throws TlsSide.UntrustedException with a sentence for people, if it is not
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
    throw unused();
  }

  @Override
  public final void checkClientTrusted(X509Certificate[] chain, String method)
      throws CertificateException {
    throw unused();
  }

  @Override
  public final void checkServerTrusted(X509Certificate[] chain, String method, Socket socket)
      throws CertificateException {
    throw unused();
  }

  @Override
  public final void checkClientTrusted(X509Certificate[] chain, String method, Socket socket)
      throws CertificateException {
    throw unused();
  }

  private static CertificateException unused() {
    return new CertificateException("only engines are used here");
  }
}
