package culvert.route;

import culvert.net.Cidr;
import culvert.net.HostPort;
import java.net.InetAddress;
import java.util.Locale;

/**
 * The list of a {@code NO_PROXY} variable: whom to reach without a proxy. Entries stand between
 * commas or spaces, each a host with or without a port:
 *
 * <ul>
 *   <li>{@code *}: everybody
 *   <li>{@code example.org}, {@code .example.org}, {@code *.example.org}: the host of this name and
 *       all below it, in upper or lower case
 *   <li>{@code 192.0.2.1}, {@code 2001:db8::1}, {@code [2001:db8::1]:443}: a target given as this
 *       address
 *   <li>{@code 192.0.2.0/24}, {@code 2001:db8::/32}: a target given as an address of this network
 * </ul>
 *
 * <p>No name is looked up. An entry that reads as none of these matches nothing: the variable is
 * shared with programs that know other forms.
 */
final class NoProxyList {

  private NoProxyList() {}

  /** Whether an entry of the list is about the target. */
  static boolean matches(String list, HostPort target) {
    for (String entry : list.split("[,\\s]+")) {
      if (entry.equals("*") || isAbout(entry, target)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isAbout(String entry, HostPort target) {
    int colon = portColon(entry);
    if (colon < 0) {
      return hostMatches(entry, target);
    }
    return entry.substring(colon + 1).equals(String.valueOf(target.port()))
        && hostMatches(entry.substring(0, colon), target);
  }

  /** Where the port begins, or -1: colons outside brackets, more than one, are an address. */
  private static int portColon(String entry) {
    int colon = entry.lastIndexOf(':');
    boolean address =
        entry.startsWith("[") ? colon < entry.indexOf(']') : colon != entry.indexOf(':');
    return address ? -1 : colon;
  }

  private static boolean hostMatches(String host, HostPort target) {
    String bare = host.startsWith("[") && host.endsWith("]") ? inner(host) : host;
    return target
        .literal()
        .map(address -> networkHolds(bare, address))
        .orElseGet(() -> domainHolds(bare, target.host()));
  }

  private static boolean networkHolds(String network, InetAddress address) {
    try {
      return Cidr.parse(network).contains(address);
    } catch (IllegalArgumentException e) {
      // A name, or a form of somebody else's.
      return false;
    }
  }

  private static String inner(String brackets) {
    return brackets.substring(1, brackets.length() - 1);
  }

  private static boolean domainHolds(String entry, String host) {
    String domain = canonical(entry.startsWith("*.") ? entry.substring(1) : entry);
    String name = "." + canonical(host);
    return !domain.isEmpty() && name.endsWith(domain.startsWith(".") ? domain : "." + domain);
  }

  /** In lower case, without the dot at the end that makes a name absolute. */
  static String canonical(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
  }
}
