package culvert.transport.tls;

import culvert.setting.Setting;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Accepts certificates issued by a trusted authority and, of a server, for its name. The JDK
 * verifies the issuers; this class turns its decision into a message for the user.
 */
final class AuthorityTrust extends PeerTrust {

  private final TlsSide side;

  /** The name that the certificate of a server must have; empty for clients. */
  private final Optional<ServerName> name;

  private final X509ExtendedTrustManager jdk;

  /**
   * Returns the check of a server's certificate.
   *
   * @param authorities empty for the JVM's own
   */
  static AuthorityTrust ofServers(
      TlsSide side, ServerName name, List<X509Certificate> authorities) {
    return new AuthorityTrust(side, Optional.of(name), authorities);
  }

  /** Returns the check of clients' certificates. */
  static AuthorityTrust ofClients(TlsSide side, List<X509Certificate> authorities) {
    return new AuthorityTrust(side, Optional.empty(), authorities);
  }

  private AuthorityTrust(
      TlsSide side, Optional<ServerName> name, List<X509Certificate> authorities) {
    this.side = side;
    this.name = name;
    try {
      var factory = TrustManagerFactory.getInstance("PKIX");
      factory.init(store(authorities));
      this.jdk = (X509ExtendedTrustManager) factory.getTrustManagers()[0];
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalArgumentException(
          "the trusted certificates cannot be used: " + e.getMessage(), e);
    }
  }

  private static KeyStore store(List<X509Certificate> authorities)
      throws GeneralSecurityException, IOException {
    if (authorities.isEmpty()) {
      return null;
    }
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    for (int i = 0; i < authorities.size(); i++) {
      store.setCertificateEntry("authority " + i, authorities.get(i));
    }
    return store;
  }

  @Override
  void check(X509Certificate[] chain, String method, SSLEngine engine) throws CertificateException {
    try {
      if (side.isDialling()) {
        jdk.checkServerTrusted(chain, method, engine);
      } else {
        jdk.checkClientTrusted(chain, method, engine);
      }
    } catch (CertificateException e) {
      throw new TlsErrors.UntrustedException(side.peer() + "'s certificate " + reason(chain, e), e);
    }
    if (name.isPresent() && !name.get().matches(chain[0])) {
      throw new TlsErrors.UntrustedException(
          side.peer()
              + "'s certificate is for "
              + Certificates.names(chain[0])
              + ", not for '"
              + name.get().text()
              + "'; if this is the right server, set its name with "
              + side.setting(Setting.TLS_SERVER_NAME),
          null);
    }
  }

  private String reason(X509Certificate[] chain, CertificateException refusal) {
    Optional<String> time = validityProblem(chain);
    if (time.isPresent()) {
      return time.get();
    }
    if (refusal.getCause() instanceof CertPathBuilderException) {
      return isOwnIssuer(chain[0])
          ? "is self-signed and not trusted; " + remedy(chain[0])
          : "is issued by "
              + Certificates.printable(chain[chain.length - 1].getIssuerX500Principal())
              + ", which is not trusted; "
              + remedy(chain[0]);
    }
    return "is not accepted: " + Certificates.printable(String.valueOf(refusal.getMessage()));
  }

  private static Optional<String> validityProblem(X509Certificate[] chain) {
    Instant now = Instant.now();
    for (X509Certificate certificate : chain) {
      Optional<String> problem = CertificateValidity.problem(certificate, now);
      if (problem.isPresent()) {
        return problem.map(
            text -> subject(certificate, chain[0]) + text + hostTime(certificate, now));
      }
    }
    return Optional.empty();
  }

  private static String subject(X509Certificate certificate, X509Certificate leaf) {
    return certificate == leaf
        ? ""
        : "depends on a certificate of "
            + Certificates.printable(certificate.getSubjectX500Principal())
            + " that ";
  }

  /** A certificate that is not valid yet often means that the clock of this host is wrong. */
  private static String hostTime(X509Certificate certificate, Instant now) {
    return now.isBefore(certificate.getNotBefore().toInstant())
        ? "; the time of this host is " + now
        : "";
  }

  private static boolean isOwnIssuer(X509Certificate certificate) {
    return certificate.getIssuerX500Principal().equals(certificate.getSubjectX500Principal());
  }

  private String remedy(X509Certificate certificate) {
    return side.isDialling()
        ? "if this is the right server, trust its issuer with "
            + side.setting(Setting.TLS_CA)
            + ", or this certificate alone with "
            + side.setting(Setting.TLS_PIN)
            + " "
            + Certificates.fingerprint(certificate)
        : "see " + side.setting(Setting.TLS_CLIENT_CA);
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return jdk.getAcceptedIssuers();
  }
}
