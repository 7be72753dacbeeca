package culvert.net;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.regex.Pattern;

/** Parses literal addresses strictly; other text is never looked up as a name. */
final class IpLiteral {

  private static final String OCTET = "(0|[1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-5])";
  private static final Pattern V4 = Pattern.compile(OCTET + "(\\." + OCTET + "){3}");
  private static final Pattern V6 = Pattern.compile("[0-9a-fA-F:.]*:[0-9a-fA-F:.]*");

  private IpLiteral() {}

  /** Parses four decimal octets without leading zeros. */
  static Optional<InetAddress> v4(String text) {
    return V4.matcher(text).matches() ? parse(text) : Optional.empty();
  }

  /** Parses any form of RFC 4291 without a scope. */
  static Optional<InetAddress> v6(String text) {
    // In brackets the JDK accepts only a literal.
    return V6.matcher(text).matches() ? parse("[" + text + "]") : Optional.empty();
  }

  private static Optional<InetAddress> parse(String literal) {
    try {
      return Optional.of(InetAddress.getByName(literal));
    } catch (UnknownHostException e) {
      return Optional.empty();
    }
  }
}
