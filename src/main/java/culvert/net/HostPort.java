package culvert.net;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;

/**
 * A host and a port in the form that users write: {@code 127.0.0.1:9000}, {@code [::1]:9000},
 * {@code example.com:9000}. A name is kept as text and resolved at every use.
 *
 * @param host a name or an address, without brackets
 * @param port 0 to 65535
 */
public record HostPort(String host, int port) implements ServerAddress {

  /** The highest port number. */
  private static final int MAX_PORT = 65535;

  /** Checks both parts. */
  public HostPort {
    if (host.isEmpty() || !host.codePoints().allMatch(HostPort::isOfHost)) {
      throw new IllegalArgumentException("'" + host + "' is not a host name or address");
    }
    if (port < 0 || port > MAX_PORT) {
      throw new IllegalArgumentException("port " + port + " is out of range: expected 0 to 65535");
    }
  }

  /** Invisible characters would make two different names look alike in a log. */
  private static boolean isOfHost(int c) {
    return c > ' '
        && c != '/'
        && c != '@'
        && !Character.isISOControl(c)
        && !Character.isSpaceChar(c)
        && Character.getType(c) != Character.FORMAT;
  }

  /**
   * Parses {@code HOST:PORT}, or a port alone, as {@code 8000} or {@code :8000}.
   *
   * @param host the host of a port alone
   * @throws IllegalArgumentException with a message for users if the text has another form
   */
  public static HostPort parseWithHost(String host, String text) {
    String port = text.startsWith(":") ? text.substring(1) : text;
    boolean isPort = !port.isEmpty() && port.chars().allMatch(c -> c >= '0' && c <= '9');
    return isPort
        ? parse((host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port)
        : parse(text);
  }

  /**
   * Parses {@code HOST:PORT}; an IPv6 address is written in brackets.
   *
   * @throws IllegalArgumentException with a message for users if the text has another form
   */
  public static HostPort parse(String text) {
    int colon = text.lastIndexOf(':');
    if (colon < 0) {
      throw new IllegalArgumentException("'" + text + "' has no port: expected HOST:PORT");
    }
    String host = text.substring(0, colon);
    String port = text.substring(colon + 1);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
      if (host.indexOf(':') < 0) {
        throw new IllegalArgumentException("'[" + host + "]' is not an IPv6 address");
      }
    } else if (host.indexOf(':') >= 0) {
      throw new IllegalArgumentException(
          "'" + text + "' is not HOST:PORT; an IPv6 address is written in brackets, as [::1]:9000");
    }
    if (host.isEmpty()) {
      throw new IllegalArgumentException("'" + text + "' has no host: expected HOST:PORT");
    }
    if (port.isEmpty() || port.length() > 5 || !port.chars().allMatch(c -> c >= '0' && c <= '9')) {
      throw new IllegalArgumentException("'" + port + "' in '" + text + "' is not a port number");
    }
    return new HostPort(host, Integer.parseInt(port));
  }

  /**
   * Parses {@code HOST[:PORT]}; an IPv6 address without a port needs no brackets.
   *
   * @throws IllegalArgumentException with a message for users if the text has another form
   */
  public static HostPort parse(String text, int defaultPort) {
    if (text.startsWith("[")) {
      return parse(text.endsWith("]") ? text + ":" + defaultPort : text);
    }
    int colons = (int) text.chars().filter(c -> c == ':').count();
    if (colons > 1 && IpLiteral.v6(text.split("%", 2)[0]).isEmpty()) {
      throw new IllegalArgumentException("'" + text + "' is neither an IPv6 address nor HOST:PORT");
    }
    return colons == 1 ? parse(text) : new HostPort(text, defaultPort);
  }

  /** Returns the host and port of a resolved address; of an unresolved one, its host text. */
  public static HostPort of(InetSocketAddress address) {
    return address.getAddress() == null
        ? new HostPort(address.getHostString(), address.getPort())
        : new HostPort(text(address.getAddress()), address.getPort());
  }

  /** Returns the host if it is a literal address without a scope; empty if it is a name. */
  public Optional<InetAddress> literal() {
    return IpLiteral.v4(host).or(() -> IpLiteral.v6(host));
  }

  /**
   * Returns all addresses that the name resolves to now, in the order of the resolver.
   *
   * @throws UnknownHostException naming the host, if it resolves to nothing
   */
  public List<InetAddress> resolve() throws UnknownHostException {
    try {
      return List.of(InetAddress.getAllByName(host));
    } catch (UnknownHostException e) {
      throw new UnknownHostException("the name '" + host + "' does not resolve to an address");
    }
  }

  private static String text(InetAddress address) {
    String written = address.getHostAddress();
    return address instanceof Inet6Address ? Ipv6Text.compress(written) : written;
  }

  @Override
  public HostPort hostPort() {
    return this;
  }

  /** Returns the form that {@link #parse} accepts. */
  @Override
  public String toString() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }
}
