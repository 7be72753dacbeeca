package culvert.config;

import culvert.net.HostPort;

/**
 * The ports that origin proxies may ask for: {@code 20000-20999} on every IPv4 address, or {@code
 * HOST:20000-20999} on one.
 *
 * @param host an address, not a name; {@code 0.0.0.0} is IPv4 only, {@code ::} both
 * @param least the lowest of them, 1 to 65535
 * @param most the highest of them
 */
public record PortRange(String host, int least, int most) {

  /** Where nothing else is said. */
  public static final String EVERY_HOST = "0.0.0.0";

  /** Checks all three. */
  public PortRange {
    if (least > most) {
      throw new IllegalArgumentException("port range is empty");
    }
    if (least < 1) {
      throw new IllegalArgumentException("a port range begins at 1 or above");
    }
    if (new HostPort(host, most).literal().isEmpty()) {
      throw new IllegalArgumentException("'" + host + "' is no IP address");
    }
  }

  /**
   * Reads both forms.
   *
   * @throws IllegalArgumentException whose message says what is wrong with the text
   */
  public static PortRange parse(String text) {
    int colon = text.lastIndexOf(':');
    int dash = text.indexOf('-', colon);
    if (dash < 0) {
      throw new IllegalArgumentException("'" + text + "' is no range of ports; write A-B");
    }
    String host = colon < 0 ? EVERY_HOST : text.substring(0, colon);
    HostPort least = HostPort.parse(bracketed(host) + ":" + text.substring(colon + 1, dash));
    HostPort most = HostPort.parse(bracketed(host) + ":" + text.substring(dash + 1));
    return new PortRange(least.host(), least.port(), most.port());
  }

  private static String bracketed(String host) {
    return host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host;
  }

  /** Whether the port is one of them. */
  public boolean contains(int port) {
    return least <= port && port <= most;
  }

  /** One of them, as an address to listen on. */
  public HostPort at(int port) {
    return new HostPort(host, port);
  }

  @Override
  public String toString() {
    return bracketed(host) + ":" + least + "-" + most;
  }
}
