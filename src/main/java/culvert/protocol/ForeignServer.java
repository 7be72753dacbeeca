package culvert.protocol;

import culvert.setting.Setting;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Identifies a server of another protocol by its first bytes, so that the dialling side reports the
 * likely mistake: an address that is not the control port.
 */
public enum ForeignServer {
  /** RFC 4253, 4.2; a server may send lines of text first, which are not recognised. */
  SSH("an SSH server"),
  /** RFC 9112, 4; a server may answer an invalid request with a page alone, as HTTP/0.9. */
  HTTP("a web server (HTTP)"),
  /** A record with a handshake message or an alert (RFC 8446, 5.1). */
  TLS("a TLS server"),
  /** An error or status of the Redis serialization protocol. */
  REDIS("a Redis server"),
  /** A greeting of SMTP, FTP, POP3 or IMAP. */
  MAIL_OR_FTP("an SMTP, FTP, POP3 or IMAP server"),
  /** The initial packet of MySQL and MariaDB, or an error packet in its place. */
  MYSQL("a MySQL server"),
  /** An error of PostgreSQL, for a startup packet that it does not support. */
  POSTGRESQL("a PostgreSQL server"),
  /** RFC 6143, 7.1.1. */
  VNC("a VNC server"),
  /** The banner in {@link culvert.protocol.bounce}; the header of a frame has 12 bytes of it. */
  BOUNCE("a bounce server"),
  /** The challenge of a bore server. */
  BORE("a bore server"),
  /** A server that returns what a dialling side sends. */
  ECHO("a server that returns the bytes it receives, such as an echo service");

  /** The port that an origin proxy expects. */
  public static final String REMOTE_PROXY_PORT = "the control port of a remote proxy";

  private static final String SHARED_WITH_BORE =
      " If it is, it also serves bore clients, and received nothing in time";

  private final String description;

  ForeignServer(String description) {
    this.description = description;
  }

  /** Returns a description for messages: "an SSH server". */
  public String description() {
    return description;
  }

  /**
   * Returns the message for users.
   *
   * @param port the port that was expected, such as {@link #REMOTE_PROXY_PORT}
   */
  public String message(String port) {
    return "the peer is "
        + description
        + ": is this "
        + port
        + "?"
        + switch (this) {
          case TLS -> " If it is, give both sides the same " + Setting.TRANSPORT;
          case BORE -> port.equals(REMOTE_PROXY_PORT) ? SHARED_WITH_BORE : "";
          default -> "";
        };
  }

  /** Identifies a server by its first bytes; empty if it is unknown. */
  public static Optional<ForeignServer> of(byte[] first) {
    String text = new String(first, StandardCharsets.ISO_8859_1);
    return isEcho(text) ? Optional.of(ECHO) : ofText(text).or(() -> ofBytes(text));
  }

  /** Returns whether these bytes begin a connection on the dialling side of any transport. */
  private static boolean isEcho(String text) {
    return text.startsWith(HandshakeExchange.PREFACE)
        || text.matches("(?s)\\x16\\x03...\\x01.*")
        || text.startsWith("GET /")
        || text.startsWith("{\"Hello\":0}")
        || text.startsWith("{\"Authenticate\":");
  }

  private static Optional<ForeignServer> ofText(String text) {
    if (text.startsWith("SSH-")) {
      return Optional.of(SSH);
    }
    if (text.matches("(?s)HTTP/.*|(?i)<(!DOCTYPE|html).*")) {
      return Optional.of(HTTP);
    }
    if (text.matches("(?s)(-ERR|-NOAUTH|-DENIED|-LOADING|-MISCONF|\\+PONG|\\$-1).*")) {
      return Optional.of(REDIS);
    }
    if (text.matches("(?s)([245][0-9]{2}[ -]|\\+OK|\\* (OK|PREAUTH|BYE)).*")) {
      return Optional.of(MAIL_OR_FTP);
    }
    if (text.matches("(?s)[1-9][0-9]?-BounceS.*")) {
      return Optional.of(BOUNCE);
    }
    if (text.startsWith("{\"Challenge\"")) {
      return Optional.of(BORE);
    }
    return text.startsWith("RFB 0") ? Optional.of(VNC) : Optional.empty();
  }

  private static Optional<ForeignServer> ofBytes(String text) {
    if (text.matches("(?s)[\\x15\\x16]\\x03[\\x00-\\x04].*")) {
      return Optional.of(TLS);
    }
    if (text.matches("(?s)..\\x00\\x00(\\x0a[0-9]|\\xff).*")) {
      return Optional.of(MYSQL);
    }
    return text.matches("(?s)E\\x00\\x00..S.*") ? Optional.of(POSTGRESQL) : Optional.empty();
  }
}
