package culvert.protocol;

/**
 * Names for messages about a connection. The same handshakes run between the two proxies and
 * between a bounce server and its members; the caller passes in the names of the peer it expects.
 *
 * @param peer the peer of this connection, with the definite article: "the remote proxy"
 * @param kind any such peer, with the indefinite article: "a remote proxy"
 * @param optionPrefix start of the names of the options that concern the peer: {@code --} or {@code
 *     --bounce-}
 */
public record PeerNames(String peer, String kind, String optionPrefix) {

  /** The remote proxy, seen from an origin proxy. */
  public static final PeerNames REMOTE_PROXY =
      new PeerNames("the remote proxy", "a remote proxy", "--");

  /** The origin proxy, seen from the remote proxy. */
  public static final PeerNames ORIGIN_PROXY =
      new PeerNames("the origin proxy", "an origin proxy", "--");

  /** The bounce server, seen from a program that connects to nothing else. */
  public static final PeerNames BOUNCE_SERVER =
      new PeerNames("the bounce server", "a bounce server", "--");

  /** The bounce server, seen from a proxy, which has options for its other half as well. */
  public static final PeerNames BOUNCE_SERVER_OF_PROXY =
      new PeerNames("the bounce server", "a bounce server", "--bounce-");

  /** A member of a channel group, seen from the bounce server. */
  public static final PeerNames MEMBER = new PeerNames("the peer", "a member", "--");

  /** Returns the full name of an option that concerns the peer, such as {@code tls-ca}. */
  public String option(String name) {
    return optionPrefix + name;
  }
}
