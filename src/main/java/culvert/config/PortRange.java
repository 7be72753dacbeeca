package culvert.config;

import culvert.net.HostPort;

/**
 * The ports that origin proxies may request: {@code 20000-20999} on every IPv4 address, or {@code
 * HOST:20000-20999} on one.
 *
 * @param host an IP address, not a name; {@code 0.0.0.0} is IPv4 only, {@code ::} is both
 * @param min the lowest port, 1 to 65535
 * @param max the highest port
 */
public record PortRange(String host, int min, int max) {

  /** The default host: every IPv4 address. */
  public static final String EVERY_HOST = "0.0.0.0";

  /** Validates the address and the ports. */
  public PortRange {
    if (min > max) {
      throw new IllegalArgumentException("port range is empty");
    }
    if (min < 1) {
      throw new IllegalArgumentException("invalid port range: expected ports from 1 to 65535");
    }
    if (new HostPort(host, max).literal().isEmpty()) {
      throw new IllegalArgumentException("'" + host + "' is not an IP address");
    }
  }

  /**
   * Parses both forms.
   *
   * @throws IllegalArgumentException whose message describes the problem
   */
  public static PortRange parse(String text) {
    int colon = text.lastIndexOf(':');
    int dash = text.indexOf('-', colon);
    if (dash < 0) {
      throw new IllegalArgumentException(
          "invalid port range '" + text + "': expected A-B or IP:A-B");
    }
    String host = colon < 0 ? EVERY_HOST : text.substring(0, colon);
    HostPort min = HostPort.parse(bracketed(host) + ":" + text.substring(colon + 1, dash));
    HostPort max = HostPort.parse(bracketed(host) + ":" + text.substring(dash + 1));
    return new PortRange(min.host(), min.port(), max.port());
  }

  private static String bracketed(String host) {
    return host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host;
  }

  /** Returns whether the range contains the port. */
  public boolean contains(int port) {
    return min <= port && port <= max;
  }

  /** Returns the address to listen on for this port. */
  public HostPort at(int port) {
    return new HostPort(host, port);
  }

  @Override
  public String toString() {
    return bracketed(host) + ":" + min + "-" + max;
  }
}
