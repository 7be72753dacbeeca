package culvert.cli.option;

import culvert.net.HostPort;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Suggests the right form of an address that was written in another common form. */
final class AddressHint {

  /** An optional name of a service, a scheme, an authority, and the rest of a URL. */
  private static final Pattern URL =
      Pattern.compile(
          "([A-Za-z0-9._-]+=)?([A-Za-z][A-Za-z0-9+.-]*):/+([^/?#]*)(.*)", Pattern.DOTALL);

  private static final Pattern IPV6_CHARACTERS = Pattern.compile("[0-9A-Fa-f:.]+");

  private static final Pattern NAME = Pattern.compile("(?![0-9]+$)[A-Za-z0-9][A-Za-z0-9._-]*");

  private AddressHint() {}

  /**
   * Returns the end of a message, or an empty text. It repeats no text that could be a password.
   *
   * @param isPortOptional whether the address may be a host alone
   */
  static String of(String text, boolean isPortOptional) {
    Matcher url = URL.matcher(text);
    if (url.matches()) {
      return ofUrl(url, isPortOptional);
    }
    boolean hasColons = text.indexOf(':') != text.lastIndexOf(':');
    if (hasColons && IPV6_CHARACTERS.matcher(text).matches()) {
      return ", with an IPv6 address in brackets, as [::1]:9000";
    }
    return !isPortOptional && NAME.matcher(text).matches()
        ? "; add the port, as in '" + text + ":9000'"
        : "";
  }

  private static String ofUrl(Matcher url, boolean isPortOptional) {
    String name = url.group(1) == null ? "" : url.group(1);
    String place = url.group(3);
    if (place.indexOf('@') >= 0) {
      return " without a scheme, user or password";
    }
    if (isPortOptional && NAME.matcher(place).matches()) {
      return "; write '" + place + "'";
    }
    return address(place, url.group(2).toLowerCase(Locale.ROOT))
        .map(address -> "; write '" + name + address + "'")
        .orElse(" without a scheme");
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
