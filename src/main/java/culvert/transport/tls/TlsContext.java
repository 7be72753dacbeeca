package culvert.transport.tls;

import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;

/** What all engines of one side share, the memory for resumption above all. */
final class TlsContext {

  /** How long a session may be resumed, in seconds: nobody looks at the certificates then. */
  private static final int RESUMED_SECONDS = 3600;

  /** As the JDK calls the versions. */
  static final String TLS_13 = "TLSv1.3";

  static final String TLS_12 = "TLSv1.2";

  private static final List<String> NEWEST = List.of(TLS_13);

  /** Strong, the fastest first. */
  private static final String[] TLS_13_CIPHERS = {
    "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"
  };

  private TlsContext() {}

  /** A context with what this side shows and whom it trusts. */
  static SSLContext of(Optional<LoadedIdentity> identity, Optional<PeerTrust> trust) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(
          identity
              .map(own -> new KeyManager[] {new SingleKeyManager(own)})
              .orElse(new KeyManager[0]),
          trust.map(peers -> new TrustManager[] {peers}).orElse(new TrustManager[0]),
          null);
      context.getClientSessionContext().setSessionTimeout(RESUMED_SECONDS);
      context.getServerSessionContext().setSessionTimeout(RESUMED_SECONDS);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has TLS", e);
    }
  }

  /** An engine's settings, with these versions only. */
  static SSLParameters parameters(SSLEngine engine, List<String> versions) {
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setProtocols(versions.toArray(String[]::new));
    if (versions.equals(NEWEST)) {
      parameters.setCipherSuites(TLS_13_CIPHERS);
    }
    return parameters;
  }

  /** What is negotiated: the newest version only, or an older one too. */
  static List<String> versions(boolean older) {
    return older ? List.of(TLS_13, TLS_12) : NEWEST;
  }
}
