package culvert.config;

import culvert.net.HostPort;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * How a WebSocket is asked for.
 *
 * @param path what is asked for and answered to ({@code --ws-path}): visible ASCII from the first
 *     slash on, without a query
 * @param host what the Host header says ({@code --ws-host}), if it is not the address dialled
 */
public record WebSocketSettings(String path, Optional<String> host) {

  private static final int MAX_PATH = 1024;
  private static final int HTTP_PORT = 80;
  private static final int HTTPS_PORT = 443;

  /** Visible ASCII; what follows a question mark or a hash would be no path (RFC 3986, 3.3). */
  private static final Pattern PATH = Pattern.compile("/[!-~&&[^?#]]*");

  /** A name or an address, and perhaps a port (RFC 9110, 7.2). */
  private static final Pattern HOST =
      Pattern.compile("([A-Za-z0-9._~-]{1,253}|\\[[0-9A-Fa-f:.]{2,45}])(:[0-9]{1,5})?");

  /** What the command line has where nothing is given. */
  public static final WebSocketSettings DEFAULT = new WebSocketSettings("/", Optional.empty());

  /**
   * Checks both.
   *
   * @throws IllegalArgumentException naming the option and what is wrong with it
   */
  public WebSocketSettings {
    if (!path.startsWith("/")) {
      throw new InvalidSettingException("ws-path", path, "a path that starts with '/'");
    }
    if (path.length() > MAX_PATH) {
      throw new InvalidSettingException("ws-path", path, "at most " + MAX_PATH + " characters");
    }
    if (!PATH.matcher(path).matches()) {
      throw new InvalidSettingException(
          "ws-path",
          path,
          "visible ASCII without '?' and '#'; write other characters as %20 and the like");
    }
    if (host.isPresent() && !HOST.matcher(host.get()).matches()) {
      throw new InvalidSettingException(
          "ws-host", host.get(), "HOST or HOST:PORT of letters, digits, dots and dashes");
    }
  }

  /**
   * The Host header for who dials this address: without the port where that is the scheme's own
   * (RFC 6455, 4.1).
   *
   * @param tls whether the WebSocket goes over TLS
   */
  public String hostHeader(HostPort dialled, boolean tls) {
    String address = dialled.toString();
    boolean usual = dialled.port() == (tls ? HTTPS_PORT : HTTP_PORT);
    return host.orElse(usual ? address.substring(0, address.lastIndexOf(':')) : address);
  }
}
