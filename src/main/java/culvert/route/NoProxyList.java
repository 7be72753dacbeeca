package culvert.route;

import culvert.net.Cidr;
import culvert.net.HostPort;
import java.net.InetAddress;
import java.util.Locale;

/**
 * The value of a {@code NO_PROXY} variable: the targets to reach without a proxy. Entries are
 * separated by commas or whitespace; each is a host with or without a port:
 *
 * <ul>
 *   <li>{@code *}: every target
 *   <li>{@code example.org}, {@code .example.org}, {@code *.example.org}: the host of this name and
 *       all its subdomains, ignoring case
 *   <li>{@code 192.0.2.1}, {@code 2001:db8::1}, {@code [2001:db8::1]:443}: a target given as this
 *       address
 *   <li>{@code 192.0.2.0/24}, {@code 2001:db8::/32}: a target given as an address of this network
 * </ul>
 *
 * <p>No name is resolved. An entry of any other form is ignored, because programs that support
 * other forms read the same variable.
 */
final class NoProxyList {

  private NoProxyList() {}

  /** Returns whether an entry of the list matches the target. */
  static boolean matches(String list, HostPort target) {
    for (String entry : list.split("[,\\s]+")) {
      if (entry.equals("*") || entryMatches(entry, target)) {
        return true;
      }
    }
    return false;
  }

  private static boolean entryMatches(String entry, HostPort target) {
    int colon = portColon(entry);
    if (colon < 0) {
      return hostMatches(entry, target);
    }
    return entry.substring(colon + 1).equals(String.valueOf(target.port()))
        && hostMatches(entry.substring(0, colon), target);
  }

  /** Returns the index of the colon before the port, or -1. Several colons are an IPv6 address. */
  private static int portColon(String entry) {
    int colon = entry.lastIndexOf(':');
    boolean isAddress =
        entry.startsWith("[") ? colon < entry.indexOf(']') : colon != entry.indexOf(':');
    return isAddress ? -1 : colon;
  }

  private static boolean hostMatches(String host, HostPort target) {
    String bare = host.startsWith("[") && host.endsWith("]") ? inner(host) : host;
    return target
        .literal()
        .map(address -> networkContains(bare, address))
        .orElseGet(() -> domainContains(bare, target.host()));
  }

  private static boolean networkContains(String network, InetAddress address) {
    try {
      return Cidr.parse(network).contains(address);
    } catch (IllegalArgumentException e) {
      // A name, or a form that only other programs support.
      return false;
    }
  }

  private static String inner(String brackets) {
    return brackets.substring(1, brackets.length() - 1);
  }

  private static boolean domainContains(String entry, String host) {
    String domain = canonical(entry.startsWith("*.") ? entry.substring(1) : entry);
    String name = "." + canonical(host);
    return !domain.isEmpty() && name.endsWith(domain.startsWith(".") ? domain : "." + domain);
  }

  /** Returns the name in lower case, without the trailing dot of an absolute name. */
  static String canonical(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
  }
}
