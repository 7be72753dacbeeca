package culvert.transport.tls;

import culvert.protocol.ByeReason;
import culvert.protocol.PeerNames;
import culvert.protocol.ProtocolException;
import culvert.protocol.RefusedException;
import java.io.IOException;
import java.security.cert.CertificateException;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;

/**
 * One side of a TLS connection. Explains its faults.
 *
 * @param isDialling whether this side is the client
 * @param names of the other side
 */
record TlsSide(boolean isDialling, PeerNames names) {

  /** The JDK keeps no other trace of which alert came. */
  private static final Pattern RECEIVED = Pattern.compile("Received fatal alert: (\\w+)");

  /** The JDK begins some messages with the alert that it sends. */
  private static final Pattern SENT = Pattern.compile("^\\((\\w+)\\) ");

  /** Sent to whoever shows none, or none that can be read; which one depends on the JDK. */
  private static final Set<String> NO_CERTIFICATE =
      Set.of("certificate_required", "bad_certificate");

  /** The message of Java 21 for a missing certificate, without an alert in front. */
  private static final String EMPTY_CHAIN = "Empty client certificate chain";

  /** Returns the client's side. */
  static TlsSide dialling(PeerNames server) {
    return new TlsSide(true, server);
  }

  /** Returns the server's side. */
  static TlsSide accepting(PeerNames client) {
    return new TlsSide(false, client);
  }

  /** Returns the name of the other side for messages: "the remote proxy". */
  String peer() {
    return names.peer();
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
    boolean alert = sent.find() && NO_CERTIFICATE.contains(sent.group(1));
    String what = sent.replaceFirst("");
    boolean certificate = alert || what.equals(EMPTY_CHAIN);
    String use = isDialling ? "could be used" : "--tls-client-ca could let in";
    return certificate
        ? refused(peer() + " shows no certificate that " + use + ": " + what)
        : new ProtocolException("what " + peer() + " sends is not right in TLS: " + what);
  }

  /** What an alert that came means (RFC 8446, 6.2, by name). */
  private IOException explain(String alert) {
    String named = " (alert " + alert + ")";
    return switch (alert) {
      case "certificate_required" ->
          refused(
              peer()
                  + " wants a certificate of this side and got none; give it one with "
                  + names.option("tls-cert")
                  + " and "
                  + names.option("tls-key")
                  + named);
      case "bad_certificate",
          "unsupported_certificate",
          "certificate_revoked",
          "certificate_unknown",
          "access_denied" ->
          refused(peer() + " refused this side's certificate" + named);
      case "certificate_expired" ->
          refused(peer() + " refused this side's certificate, since its time is over" + named);
      case "unknown_ca" ->
          refused(peer() + " does not trust whoever issued this side's certificate" + named);
      case "unrecognized_name" ->
          refused(peer() + " has no certificate for the name it was asked for" + named);
      case "protocol_version", "handshake_failure", "insufficient_security" ->
          new ProtocolException(
              peer() + " and this side have no version or cipher of TLS in common" + named);
      case "unexpected_message" ->
          new ProtocolException(
              peer()
                  + " did not expect what this side says; do both have the same --transport?"
                  + named);
      default -> new ProtocolException(peer() + " ended TLS" + named);
    };
  }

  private static RefusedException refused(String sentence) {
    return new RefusedException(ByeReason.CREDENTIALS, sentence);
  }
}
