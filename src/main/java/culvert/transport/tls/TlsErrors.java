package culvert.transport.tls;

import culvert.protocol.ByeReason;
import culvert.protocol.PeerRefusedException;
import culvert.protocol.ProtocolException;
import culvert.setting.Setting;
import java.io.IOException;
import java.security.cert.CertificateException;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;

/**
 * Messages for the user about the errors of one side's TLS engine: alerts of the peer, certificates
 * that are not trusted, and invalid data.
 */
final class TlsErrors {

  /** Matches a received alert, which the JDK reports in the message only. */
  private static final Pattern RECEIVED = Pattern.compile("Received fatal alert: (\\w+)");

  /** Matches the alert sent, with which the JDK begins some messages. */
  private static final Pattern SENT = Pattern.compile("^\\((\\w+)\\) ");

  /** Alerts for a peer without a readable certificate; which one is sent depends on the JDK. */
  private static final Set<String> NO_CERTIFICATE =
      Set.of("certificate_required", "bad_certificate");

  /** The message of Java 21 for a missing certificate, without an alert in front. */
  private static final String EMPTY_CHAIN = "Empty client certificate chain";

  private final TlsSide side;

  TlsErrors(TlsSide side) {
    this.side = side;
  }

  /** Reports that the peer's certificate is not acceptable, with the reason for the user. */
  static final class UntrustedException extends CertificateException {
    private static final long serialVersionUID = 1L;

    UntrustedException(String message, CertificateException cause) {
      super(message, cause);
    }
  }

  /** Returns the exception to throw for one that the engine threw. */
  IOException translate(SSLException failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof UntrustedException) {
        return new PeerRefusedException(ByeReason.CREDENTIALS, cause.getMessage());
      }
    }
    String text = String.valueOf(failure.getMessage());
    Matcher received = RECEIVED.matcher(text);
    if (received.find()) {
      return alertReceived(received.group(1));
    }
    Matcher sent = SENT.matcher(text);
    boolean alert = sent.find() && NO_CERTIFICATE.contains(sent.group(1));
    String detail = sent.replaceFirst("");
    boolean noCertificate = alert || detail.equals(EMPTY_CHAIN);
    String required =
        side.isDialling()
            ? "no usable certificate"
            : "no certificate for " + side.setting(Setting.TLS_CLIENT_CA);
    return noCertificate
        ? refused(side.peer() + " presented " + required + ": " + detail)
        : new ProtocolException("invalid TLS data from " + side.peer() + ": " + detail);
  }

  private String certificateRequired() {
    return " requires a certificate of this side; set one with "
        + side.setting(Setting.TLS_CERT)
        + " and "
        + side.setting(Setting.TLS_KEY);
  }

  /** Returns the exception for an alert of the peer (RFC 8446, 6.2). */
  private IOException alertReceived(String alert) {
    String suffix = " (alert " + alert + ")";
    return switch (alert) {
      case "certificate_required" -> refusedByPeer(side.peer() + certificateRequired() + suffix);
      // A peer on Java 21 sends it also if this side presented no certificate.
      case "bad_certificate" ->
          refusedByPeer(
              side.peer()
                  + " rejected this side's certificate"
                  + (side.isDialling() ? ", or" + certificateRequired() : "")
                  + suffix);
      case "unsupported_certificate",
          "certificate_revoked",
          "certificate_unknown",
          "access_denied" ->
          refusedByPeer(side.peer() + " rejected this side's certificate" + suffix);
      case "certificate_expired" ->
          refusedByPeer(
              side.peer() + " rejected this side's certificate, which has expired" + suffix);
      case "unknown_ca" ->
          refusedByPeer(
              side.peer() + " does not trust the issuer of this side's certificate" + suffix);
      case "unrecognized_name" ->
          refusedByPeer(side.peer() + " has no certificate for the requested name" + suffix);
      case "protocol_version", "handshake_failure", "insufficient_security" ->
          new ProtocolException(
              side.peer()
                  + " and this side have no TLS version or cipher in common"
                  + (side.isDialling()
                      ? "; is TLS 1.3 enabled there, or at the web server in front of it?"
                      : "")
                  + suffix);
      case "unexpected_message" ->
          new ProtocolException(
              side.peer()
                  + " received an unexpected message; "
                  + side.names().transportQuestion()
                  + suffix);
      default -> new ProtocolException(side.peer() + " ended the TLS connection" + suffix);
    };
  }

  private static PeerRefusedException refusedByPeer(String message) {
    return PeerRefusedException.byPeer(ByeReason.CREDENTIALS, message);
  }

  private static PeerRefusedException refused(String message) {
    return new PeerRefusedException(ByeReason.CREDENTIALS, message);
  }
}
