package culvert.transport.tls;

import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;

/** Builds the state that all engines of one side share, above all the sessions to resume. */
final class TlsContext {

  /** Lifetime of a session: certificates are not verified again when it is resumed. */
  private static final int SESSION_SECONDS = 3600;

  /** Protocol versions by their names in the JDK. */
  static final String TLS_13 = "TLSv1.3";

  static final String TLS_12 = "TLSv1.2";

  private static final String IGNORED_BY_SERVERS = "jdk.tls.server.disableExtensions";

  private static final List<String> NEWEST = List.of(TLS_13);

  /** Cipher suites of TLS 1.3, the fastest first. */
  private static final String[] TLS_13_CIPHERS = {
    "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"
  };

  static {
    // A server has one certificate, whatever name the client sends; the JDK would refuse a name
    // with an underscore or a trailing dot. The property is read when the JDK's TLS starts.
    if (System.getProperty(IGNORED_BY_SERVERS) == null) {
      System.setProperty(IGNORED_BY_SERVERS, "server_name");
    }
  }

  private TlsContext() {}

  /** Returns a context with the certificate that this side presents and the peers it trusts. */
  static SSLContext of(Optional<LoadedIdentity> identity, Optional<PeerTrust> trust) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(
          identity
              .map(own -> new KeyManager[] {new SingleKeyManager(own)})
              .orElse(new KeyManager[0]),
          trust.map(peers -> new TrustManager[] {peers}).orElse(new TrustManager[0]),
          null);
      context.getClientSessionContext().setSessionTimeout(SESSION_SECONDS);
      context.getServerSessionContext().setSessionTimeout(SESSION_SECONDS);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has TLS", e);
    }
  }

  /** Returns parameters that restrict an engine to these versions. */
  static SSLParameters parameters(SSLEngine engine, List<String> versions) {
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setProtocols(versions.toArray(String[]::new));
    if (versions.equals(NEWEST)) {
      parameters.setCipherSuites(TLS_13_CIPHERS);
    }
    return parameters;
  }

  /** Returns the versions to negotiate: TLS 1.3, or TLS 1.2 as well. */
  static List<String> versions(boolean allowTls12) {
    return allowTls12 ? List.of(TLS_13, TLS_12) : NEWEST;
  }
}
