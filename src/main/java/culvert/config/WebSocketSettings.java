package culvert.config;

import culvert.net.HostPort;
import culvert.setting.Setting;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The request that opens a WebSocket.
 *
 * @param path the path to request and to accept ({@code --ws-path}): a slash, then visible ASCII
 *     without a query
 * @param host the Host header ({@code --ws-host}), if not the address dialled
 */
public record WebSocketSettings(String path, Optional<String> host) {

  private static final int MAX_PATH = 1024;
  private static final int HTTP_PORT = 80;
  private static final int HTTPS_PORT = 443;

  /** Visible ASCII; a question mark or a hash ends the path (RFC 3986, 3.3). */
  private static final Pattern PATH = Pattern.compile("/[!-~&&[^?#]]*");

  /** A name or an address, with an optional port (RFC 9110, 7.2). */
  private static final Pattern HOST =
      Pattern.compile("([A-Za-z0-9._~-]{1,253}|\\[[0-9A-Fa-f:.]{2,45}])(:[0-9]{1,5})?");

  /** The defaults of the command line. */
  public static final WebSocketSettings DEFAULT = new WebSocketSettings("/", Optional.empty());

  /**
   * Validates the path and the host.
   *
   * @throws IllegalArgumentException whose message names the option and the problem
   */
  public WebSocketSettings {
    if (!path.startsWith("/")) {
      throw new InvalidSettingException(Setting.WS_PATH, path, "a path that starts with '/'");
    }
    if (path.length() > MAX_PATH) {
      throw new InvalidSettingException(
          Setting.WS_PATH, path, "at most " + MAX_PATH + " characters");
    }
    if (!PATH.matcher(path).matches()) {
      throw new InvalidSettingException(
          Setting.WS_PATH,
          path,
          "visible ASCII without '?' and '#'; write other characters as %%20 and the like");
    }
    if (host.isPresent() && !HOST.matcher(host.get()).matches()) {
      throw new InvalidSettingException(
          Setting.WS_HOST, host.get(), "HOST or HOST:PORT of letters, digits, dots and dashes");
    }
  }

  /**
   * Returns the Host header for a connection to this address, without the port if it is the default
   * of the scheme (RFC 6455, 4.1).
   *
   * @param tls whether the WebSocket runs over TLS
   */
  public String hostHeader(HostPort dialled, boolean tls) {
    String address = dialled.toString();
    boolean isDefaultPort = dialled.port() == (tls ? HTTPS_PORT : HTTP_PORT);
    return host.orElse(isDefaultPort ? address.substring(0, address.lastIndexOf(':')) : address);
  }
}
