package culvert.protocol;

import culvert.setting.Setting;
import java.util.Map;

/**
 * Names for messages about a connection. The same handshakes run between the two proxies and
 * between a bounce server and its members; the caller passes in the names of the peer it expects.
 *
 * @param peer the peer of this connection, with the definite article: "the remote proxy"
 * @param kind any such peer, with the indefinite article: "a remote proxy"
 * @param transportQuestion question for the user if the peer does not use the expected transport
 * @param renamed the settings that concern the peer in place of those of the link
 */
public record PeerNames(
    String peer, String kind, String transportQuestion, Map<Setting, Setting> renamed) {

  private static final String SAME_TRANSPORT =
      "do both sides use the same " + Setting.TRANSPORT + "?";

  /** The remote proxy, seen from an origin proxy. */
  public static final PeerNames REMOTE_PROXY = new PeerNames("the remote proxy", "a remote proxy");

  /** The origin proxy, seen from the remote proxy. */
  public static final PeerNames ORIGIN_PROXY = new PeerNames("the origin proxy", "an origin proxy");

  /** The bounce server, seen from a program that dials no other server. */
  public static final PeerNames BOUNCE_SERVER =
      new PeerNames("the bounce server", "a bounce server");

  /** The bounce server, seen from a proxy, which has settings for its other half as well. */
  public static final PeerNames BOUNCE_SERVER_OF_PROXY =
      new PeerNames(
          "the bounce server",
          "a bounce server",
          "does the scheme of the bounce URL match the server's " + Setting.BOUNCE_TRANSPORT + "?",
          Map.ofEntries(
              Map.entry(Setting.AUTH, Setting.BOUNCE_AUTH),
              Map.entry(Setting.AUTH_FILE, Setting.BOUNCE_AUTH_FILE),
              Map.entry(Setting.TLS_CA, Setting.BOUNCE_TLS_CA),
              Map.entry(Setting.TLS_PIN, Setting.BOUNCE_TLS_PIN),
              Map.entry(Setting.TLS_SERVER_NAME, Setting.BOUNCE_TLS_SERVER_NAME),
              Map.entry(Setting.TLS_CERT, Setting.BOUNCE_TLS_CERT),
              Map.entry(Setting.TLS_KEY, Setting.BOUNCE_TLS_KEY),
              Map.entry(Setting.TLS_PKCS12, Setting.BOUNCE_TLS_PKCS12),
              Map.entry(Setting.TLS_PASSWORD_FILE, Setting.BOUNCE_TLS_PASSWORD_FILE),
              Map.entry(Setting.WS_PATH, Setting.BOUNCE_WS_PATH)));

  /** A member of a channel group, seen from the bounce server. */
  public static final PeerNames MEMBER = new PeerNames("the peer", "a member");

  private PeerNames(String peer, String kind) {
    this(peer, kind, SAME_TRANSPORT, Map.of());
  }

  /** Returns the setting that has the meaning of this one for the connection to the peer. */
  public Setting setting(Setting ofLink) {
    return renamed.getOrDefault(ofLink, ofLink);
  }
}
