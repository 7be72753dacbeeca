package culvert.transport;

import culvert.protocol.ByeReason;
import culvert.protocol.ProtocolException;
import culvert.protocol.RefusedException;
import java.io.IOException;
import java.security.cert.CertificateException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;

/** What a fault of TLS is called, seen from one of the sides. */
enum TlsSide {
  /** The origin proxy's side. */
  DIALLING("the remote proxy", "give it one with --tls-cert and --tls-key"),
  /** The remote proxy's side. */
  ACCEPTING("the origin proxy", "it wants to see one");

  /** The JDK keeps no other trace of which alert came. */
  private static final Pattern RECEIVED = Pattern.compile("Received fatal alert: (\\w+)");

  /** The JDK begins some messages with the alert that it sends. */
  private static final Pattern SENT = Pattern.compile("^\\((\\w+)\\) ");

  private final String peer;
  private final String remedy;

  TlsSide(String peer, String remedy) {
    this.peer = peer;
    this.remedy = remedy;
  }

  /** Who is at the other end. */
  String peer() {
    return peer;
  }

  /** A certificate that is not the peer's, or not good, and the sentence that says why. */
  static final class UntrustedException extends CertificateException {
    private static final long serialVersionUID = 1L;

    UntrustedException(String sentence, CertificateException cause) {
      super(sentence, cause);
    }
  }

  /** What to throw for a fault that the engine met, in the words of a person. */
  IOException explain(SSLException fault) {
    for (Throwable cause = fault; cause != null; cause = cause.getCause()) {
      if (cause instanceof UntrustedException) {
        return new RefusedException(ByeReason.CREDENTIALS, cause.getMessage());
      }
    }
    String text = String.valueOf(fault.getMessage());
    Matcher received = RECEIVED.matcher(text);
    if (received.find()) {
      return explain(received.group(1));
    }
    Matcher sent = SENT.matcher(text);
    if (sent.find() && sent.group(1).equals("certificate_required")) {
      return refused(peer + " shows no certificate of its own, which --tls-client-ca asks for");
    }
    return new ProtocolException(
        "what " + peer + " sends is not right in TLS: " + sent.replaceFirst(""));
  }

  /** What an alert that came means (RFC 8446, 6.2, by name). */
  private IOException explain(String alert) {
    String named = " (alert " + alert + ")";
    return switch (alert) {
      case "certificate_required" ->
          refused(peer + " wants a certificate of this side and got none; " + remedy + named);
      case "bad_certificate",
          "unsupported_certificate",
          "certificate_revoked",
          "certificate_unknown",
          "access_denied" ->
          refused(peer + " refused this side's certificate" + named);
      case "certificate_expired" ->
          refused(peer + " refused this side's certificate, since its time is over" + named);
      case "unknown_ca" ->
          refused(peer + " does not trust whoever issued this side's certificate" + named);
      case "unrecognized_name" ->
          refused(peer + " has no certificate for the name it was asked for" + named);
      case "protocol_version", "handshake_failure", "insufficient_security" ->
          new ProtocolException(
              peer + " and this side have no version or cipher of TLS in common" + named);
      case "unexpected_message" ->
          new ProtocolException(
              peer
                  + " did not expect what this side says; do both run with --transport tls?"
                  + named);
      default -> new ProtocolException(peer + " ended TLS" + named);
    };
  }

  private static RefusedException refused(String sentence) {
    return new RefusedException(ByeReason.CREDENTIALS, sentence);
  }
}
