package culvert.config;

import culvert.protocol.PeerNames;
import java.util.List;
import java.util.Optional;

/**
 * The credentials of this side at bounce servers.
 *
 * @param authentication the authentication string to send first, if the servers require one
 * @param tls how to verify the servers, for TLS
 * @param webSocket the WebSocket request
 */
public record BounceCredentials(
    Optional<BounceAuthentication> authentication,
    Optional<TlsClientSettings> tls,
    WebSocketSettings webSocket) {

  /** The defaults of the command line. */
  public static final BounceCredentials DEFAULT =
      new BounceCredentials(Optional.empty(), Optional.empty(), WebSocketSettings.DEFAULT);

  /** Returns the bytes to send first; empty without an authentication string. */
  public byte[] bytes() {
    return authentication.map(BounceAuthentication::bytes).orElse(new byte[0]);
  }

  /**
   * Checks that these groups use each given option.
   *
   * @param server the names of the bounce server in messages
   * @throws IllegalArgumentException whose message names the options without effect
   */
  public void check(PeerNames server, List<GroupAddress> groups) {
    if (authentication.isPresent() && groups.isEmpty()) {
      throw unused(server.option("auth"), "without a group at a bounce server");
    }
    if (tls.isPresent() && groups.stream().noneMatch(group -> group.transport().isTls())) {
      throw unused(server.option("tls"), "without a bounce+tls:// or bounce+wss:// URL");
    }
    if (!webSocket.equals(WebSocketSettings.DEFAULT)
        && groups.stream().noneMatch(group -> group.transport().isWebSocket())) {
      throw unused(server.option("ws"), "without a bounce+ws:// or bounce+wss:// URL");
    }
  }

  private static IllegalArgumentException unused(String options, String condition) {
    return new IllegalArgumentException("the " + options + " options have no effect " + condition);
  }
}
