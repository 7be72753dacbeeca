package culvert.transport.tls;

import culvert.net.HostPort;
import java.net.IDN;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.StandardConstants;
import javax.security.auth.x500.X500Principal;

/**
 * The name by which a client knows a server: how it is sent, and which certificates are for it (RFC
 * 9525). The JDK's own classes accept letters, digits and hyphens only; names with underscores are
 * common inside networks, and a trailing dot marks a name as complete.
 *
 * @param text the name or address as the user wrote it
 * @param ascii the name in lower case, without a trailing dot, its labels in the form for DNS
 */
record ServerName(String text, String ascii) {

  /** Types of subject alternative names (RFC 5280, 4.2.1.6). */
  private static final int DNS_NAME = 2;

  private static final int IP_ADDRESS = 7;

  /** The first common name of a subject in the form of RFC 2253. */
  private static final Pattern COMMON_NAME = Pattern.compile("(?:^|[,+])CN=((?:\\\\.|[^,+\\\\])*)");

  /** Any host name as a server name; {@link SNIHostName} rejects some. */
  private static final class HostName extends SNIServerName {
    HostName(String ascii) {
      super(StandardConstants.SNI_HOST_NAME, ascii.getBytes(StandardCharsets.US_ASCII));
    }
  }

  /** Returns the name that a user wrote. */
  static ServerName of(String text) {
    return new ServerName(text, ascii(text));
  }

  private static String ascii(String name) {
    String complete = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    try {
      return IDN.toASCII(complete).toLowerCase(Locale.ROOT);
    } catch (IllegalArgumentException e) {
      // No name in DNS; it matches a certificate only if that has it as it is.
      return complete.toLowerCase(Locale.ROOT);
    }
  }

  private Optional<InetAddress> address() {
    return new HostPort(text, 0).literal();
  }

  /**
   * Returns the names to send in the handshake: none for an address (RFC 6066, 3).
   *
   * @param isStrict whether a name that the JDK's servers refuse is left out
   */
  List<SNIServerName> indication(boolean isStrict) {
    if (address().isPresent() || text.indexOf(':') >= 0 || !ascii.matches("[!-~]+")) {
      return List.of();
    }
    try {
      return List.of(new SNIHostName(ascii));
    } catch (IllegalArgumentException e) {
      return isStrict ? List.of() : List.of(new HostName(ascii));
    }
  }

  /**
   * Returns whether the certificate is for this name. Unlike RFC 9525, 6.3, accepts the common name
   * of a certificate without DNS names, as the JDK does.
   */
  boolean matches(X509Certificate certificate) {
    Optional<InetAddress> address = address();
    if (address.isPresent()) {
      return alternatives(certificate, IP_ADDRESS)
          .anyMatch(each -> new HostPort(each, 0).literal().equals(address));
    }
    List<String> names = alternatives(certificate, DNS_NAME).toList();
    return names.isEmpty()
        ? commonName(certificate).filter(this::isIn).isPresent()
        : names.stream().anyMatch(this::isIn);
  }

  private static Stream<String> alternatives(X509Certificate certificate, int type) {
    try {
      Collection<List<?>> all = certificate.getSubjectAlternativeNames();
      return all == null
          ? Stream.of()
          : all.stream()
              .filter(each -> each.getFirst().equals(type))
              .map(each -> String.valueOf(each.get(1)));
    } catch (CertificateParsingException e) {
      return Stream.of();
    }
  }

  private static Optional<String> commonName(X509Certificate certificate) {
    String subject = certificate.getSubjectX500Principal().getName(X500Principal.RFC2253);
    Matcher matcher = COMMON_NAME.matcher(subject);
    return matcher.find()
        ? Optional.of(matcher.group(1).replaceAll("\\\\(.)", "$1"))
        : Optional.empty();
  }

  /** Returns whether a name of a certificate, perhaps with a wildcard as its first label, fits. */
  private boolean isIn(String certified) {
    String pattern = ascii(certified);
    if (!pattern.startsWith("*.")) {
      return pattern.equals(ascii);
    }
    // A wildcard stands for one label, and never for all names of a top-level domain.
    int dot = ascii.indexOf('.');
    return dot > 0
        && pattern.indexOf('.', 2) > 0
        && ascii.substring(dot).equals(pattern.substring(1));
  }
}
