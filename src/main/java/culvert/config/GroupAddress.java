package culvert.config;

import culvert.net.HostPort;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A channel group at a bounce server, written as {@code bounce://HOST:PORT/GROUP}; {@code
 * bounce+tls}, {@code bounce+ws} and {@code bounce+wss} say what wraps the connection to the
 * server.
 *
 * @param transport what wraps it: nothing, TLS, a WebSocket, or both
 * @param server where the bounce server listens
 * @param group which of its groups
 */
public record GroupAddress(TransportKind transport, HostPort server, GroupNumber group)
    implements RemoteAddress {

  private static final String SCHEME = "bounce";

  private static final Pattern URL =
      Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)/?([^?#]*)(.*)", Pattern.DOTALL);

  /**
   * Checks that a bounce server has such a transport.
   *
   * @throws IllegalArgumentException if it has not, or the port is none
   */
  public GroupAddress {
    if (transport == TransportKind.NOISE) {
      throw new IllegalArgumentException(
          "a bounce server does not speak Noise; what its members say to each other may");
    }
    if (server.port() == 0) {
      throw new IllegalArgumentException("a bounce server has no port 0");
    }
  }

  /**
   * Reads a URL.
   *
   * @throws IllegalArgumentException whose message says what is wrong, and quotes nothing that
   *     could be a part of an authentication string
   */
  public static GroupAddress parse(String url) {
    Matcher parts = URL.matcher(url);
    if (!parts.matches()) {
      throw new IllegalArgumentException("a group is written as bounce://HOST:PORT/GROUP");
    }
    if (url.indexOf('@') >= 0 || !parts.group(4).isEmpty()) {
      throw new IllegalArgumentException(
          "the authentication string does not stand in the URL, where others can see it, nor does"
              + " anything else but HOST:PORT/GROUP; see --bounce-auth-file");
    }
    if (parts.group(3).isEmpty()) {
      throw new IllegalArgumentException(
          "the URL names no group; write it as bounce://HOST:PORT/GROUP");
    }
    return new GroupAddress(
        transport(parts.group(1).toLowerCase(Locale.ROOT)),
        HostPort.parse(parts.group(2)),
        GroupNumber.parse(parts.group(3)));
  }

  private static TransportKind transport(String scheme) {
    return switch (scheme) {
      case SCHEME -> TransportKind.PLAIN;
      case SCHEME + "+tls" -> TransportKind.TLS;
      case SCHEME + "+ws" -> TransportKind.WS;
      case SCHEME + "+wss" -> TransportKind.WSS;
      default ->
          throw new IllegalArgumentException(
              "the scheme '"
                  + scheme
                  + "' is none of bounce, bounce+tls, bounce+ws and bounce+wss");
    };
  }

  @Override
  public HostPort dialled() {
    return server;
  }

  /** As {@link #parse} reads it. */
  @Override
  public String toString() {
    String wrapped =
        transport == TransportKind.PLAIN ? "" : "+" + transport.name().toLowerCase(Locale.ROOT);
    return SCHEME + wrapped + "://" + server + "/" + group;
  }
}
