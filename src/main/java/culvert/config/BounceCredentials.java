package culvert.config;

import culvert.protocol.PeerNames;
import java.util.List;
import java.util.Optional;

/**
 * How bounce servers let this side in.
 *
 * @param authentication what they want to hear first, if anything
 * @param tls how they are known, where that is TLS
 * @param webSocket how a WebSocket is asked for
 */
public record BounceCredentials(
    Optional<BounceAuthentication> authentication,
    Optional<TlsClientSettings> tls,
    WebSocketSettings webSocket) {

  /** What the command line has where nothing is given. */
  public static final BounceCredentials DEFAULT =
      new BounceCredentials(Optional.empty(), Optional.empty(), WebSocketSettings.DEFAULT);

  /** What is said first. */
  public byte[] bytes() {
    return authentication.map(BounceAuthentication::bytes).orElse(new byte[0]);
  }

  /**
   * Checks that what is given is of use for these groups.
   *
   * @param server names of the bounce server
   * @throws IllegalArgumentException naming the options that mean nothing
   */
  public void check(PeerNames server, List<GroupAddress> groups) {
    if (authentication.isPresent() && groups.isEmpty()) {
      throw meaningless(server.option("auth"), "without a group at a bounce server");
    }
    if (tls.isPresent() && groups.stream().noneMatch(group -> group.transport().isTls())) {
      throw meaningless(server.option("tls"), "where no bounce server is reached over TLS");
    }
    if (!webSocket.equals(WebSocketSettings.DEFAULT)
        && groups.stream().noneMatch(group -> group.transport().isWebSocket())) {
      throw meaningless(server.option("ws"), "where no bounce server is reached by a WebSocket");
    }
  }

  private static IllegalArgumentException meaningless(String options, String where) {
    return new IllegalArgumentException("the " + options + " options mean nothing " + where);
  }
}
