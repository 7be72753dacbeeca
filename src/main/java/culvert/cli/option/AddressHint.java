package culvert.cli.option;

import culvert.config.ServiceType;
import culvert.net.HostPort;
import java.math.BigInteger;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Explains what is wrong with an address, and suggests the right form of one that was written in
 * another common form.
 *
 * @param optional the part that the address may omit
 * @param minPort the lowest port that is useful
 */
record AddressHint(Part optional, int minPort) {

  /** A part of an address. */
  enum Part {
    NONE,
    HOST,
    PORT
  }

  private static final int MAX_PORT = 65535;

  /** An optional name of a service, a scheme, an authority, and the rest of a URL. */
  private static final Pattern URL =
      Pattern.compile(
          "([A-Za-z0-9._-]+=)?([A-Za-z][A-Za-z0-9+.-]*):/+([^/?#]*)(.*)", Pattern.DOTALL);

  private static final Pattern IPV6_CHARACTERS = Pattern.compile("[0-9A-Fa-f:.]+");

  private static final Pattern NAME = Pattern.compile("(?![0-9]+$)[A-Za-z0-9][A-Za-z0-9._-]*");

  /** An optional name of a service, an optional host, and a port. */
  private static final Pattern WITH_PORT =
      Pattern.compile("([A-Za-z0-9._-]+=)?(.*:)?([0-9]+)", Pattern.DOTALL);

  /**
   * Returns the end of a message, or an empty text. It repeats no text that could be a password.
   */
  String of(String text) {
    Matcher url = URL.matcher(text);
    if (url.matches()) {
      return ofUrl(url);
    }
    boolean hasColons = text.indexOf(':') != text.lastIndexOf(':');
    if (hasColons && IPV6_CHARACTERS.matcher(text).matches()) {
      return "; write an IPv6 address in brackets, as [::1]:9000";
    }
    Matcher withPort = WITH_PORT.matcher(text);
    if (withPort.matches()) {
      return ofPort(withPort);
    }
    return optional != Part.PORT && NAME.matcher(text).matches()
        ? "; add the port, as in '" + text + ":9000'"
        : "";
  }

  private String ofPort(Matcher address) {
    if (new BigInteger(address.group(3)).compareTo(BigInteger.valueOf(MAX_PORT)) > 0) {
      return "; a port is " + minPort + " to " + MAX_PORT;
    }
    boolean hasHost = address.group(2) != null && !address.group(2).equals(":");
    return hasHost || optional != Part.NONE
        ? ""
        : "; add the host, as in 'example.com:" + address.group(3) + "'";
  }

  private String ofUrl(Matcher url) {
    String name = url.group(1) == null ? "" : url.group(1);
    String place = url.group(3);
    if (place.indexOf('@') >= 0) {
      return "; write it without a scheme, user or password";
    }
    if (optional == Part.PORT && NAME.matcher(place).matches()) {
      return "; write '" + place + "'";
    }
    String scheme = url.group(2).toLowerCase(Locale.ROOT);
    String type = scheme.equals("udp") ? ServiceType.UDP.prefix() : "";
    return address(place, scheme)
        .map(address -> "; write '" + name + type + address + "'")
        .orElse("; write it without a scheme");
  }

  private static Optional<HostPort> address(String place, String scheme) {
    boolean hasPort = !place.endsWith("]") && place.indexOf(':') >= 0;
    try {
      return Optional.of(HostPort.parse(hasPort ? place : place + ":" + defaultPort(scheme)));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static String defaultPort(String scheme) {
    return switch (scheme) {
      case "http", "ws" -> "80";
      case "https", "wss" -> "443";
      case "ssh" -> "22";
      default -> "";
    };
  }
}
