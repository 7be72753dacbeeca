package culvert.transport.tls;

import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Optional;

/** Whether a certificate is valid now, and the words for it in messages. */
final class CertificateValidity {

  private CertificateValidity() {}

  /**
   * Returns how a certificate is invalid at a time, as the end of a sentence about it: "expired at
   * TIME" or "is not valid before TIME". Empty if it is valid.
   */
  static Optional<String> problem(X509Certificate certificate, Instant now) {
    Instant begins = certificate.getNotBefore().toInstant();
    Instant ends = certificate.getNotAfter().toInstant();
    if (now.isAfter(ends)) {
      return Optional.of("expired at " + ends);
    }
    return now.isBefore(begins) ? Optional.of("is not valid before " + begins) : Optional.empty();
  }
}
