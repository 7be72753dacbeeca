package culvert.config;

import culvert.net.HostPort;
import culvert.setting.Setting;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A channel group at a bounce server, written as {@code bounce://HOST:PORT/GROUP}. The schemes
 * {@code bounce+tls}, {@code bounce+ws} and {@code bounce+wss} select the transport to the server.
 *
 * @param transport plain, TLS, a WebSocket, or a WebSocket over TLS
 * @param server the address of the bounce server
 * @param group the number of the group
 */
public record GroupAddress(TransportKind transport, HostPort server, GroupNumber group)
    implements RemoteAddress {

  private static final String SCHEME = "bounce";

  private static final Pattern URL =
      Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)/?([^?#]*)(.*)", Pattern.DOTALL);

  /**
   * Validates the transport and the port.
   *
   * @throws IllegalArgumentException if bounce servers do not support the transport, or the port is
   *     0
   */
  public GroupAddress {
    if (transport == TransportKind.NOISE) {
      throw new InvalidSettingException(
          Setting.BOUNCE_TRANSPORT, transport.word(), BounceSettings.TRANSPORTS);
    }
    if (server.port() == 0) {
      throw new IllegalArgumentException("expected a port from 1 to 65535");
    }
  }

  /**
   * Parses a URL.
   *
   * @throws IllegalArgumentException whose message describes the problem and contains no text that
   *     could be part of an authentication string
   */
  public static GroupAddress parse(String url) {
    Matcher parts = URL.matcher(url);
    if (!parts.matches()) {
      throw new IllegalArgumentException("expected bounce://HOST:PORT/GROUP");
    }
    if (url.indexOf('@') >= 0 || !parts.group(4).isEmpty()) {
      throw new IllegalArgumentException(
          "expected only HOST:PORT/GROUP after the scheme; other users can see the URL, so set the"
              + " authentication string with "
              + Setting.BOUNCE_AUTH_FILE);
    }
    if (parts.group(3).isEmpty()) {
      throw new IllegalArgumentException("the URL has no group: expected bounce://HOST:PORT/GROUP");
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
              "unknown scheme '"
                  + scheme
                  + "': expected bounce, bounce+tls, bounce+ws or bounce+wss");
    };
  }

  @Override
  public HostPort dialled() {
    return server;
  }

  @Override
  public String canonical() {
    return RemoteAddress.super.canonical() + " " + transport.word() + " " + group;
  }

  /** Returns the URL in the form that {@link #parse} accepts. */
  @Override
  public String toString() {
    String wrapped = transport == TransportKind.PLAIN ? "" : "+" + transport.word();
    return SCHEME + wrapped + "://" + server + "/" + group;
  }
}
