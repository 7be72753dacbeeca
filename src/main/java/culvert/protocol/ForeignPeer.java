package culvert.protocol;

import culvert.setting.Setting;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Identifies a peer that uses another protocol by its first bytes, and provides an error answer in
 * that protocol if it has one.
 */
public enum ForeignPeer {
  /** A web browser, a scanner, a health check. */
  HTTP(
      "an HTTP client",
      "ws",
      answer(
          "HTTP/1.1 400 Bad Request\r\n"
              + "Content-Type: text/plain\r\n"
              + "Connection: close\r\n\r\n"
              + "This is a tunnel's control port; it does not serve HTTP.\n")),
  /** A TLS handshake record (RFC 8446, 5.1); the answer is a fatal alert, unexpected_message. */
  TLS("a TLS client", "tls or wss", HexFormat.of().parseHex("1503010002020a")),
  /** An SSH client (RFC 4253, 4.2: a server may send lines of text first). */
  SSH("an SSH client", answer("This is a tunnel's control port; it does not serve SSH.\r\n")),
  /** The bore client: JSON messages that end in a zero byte. */
  BORE("a bore client", answer("{\"Error\":\"this control port does not serve bore clients\"}\0")),
  /**
   * The rathole client: a 32-bit tag of 0 or 1 and version 0 or 1. Its protocol has no error
   * answer.
   */
  RATHOLE("a rathole client", new byte[0]),
  /** A PROXY protocol header, version 1 or 2: a load balancer in front of the control port. */
  PROXY("a PROXY protocol header", new byte[0]),
  /**
   * The preface of the native protocol, where a transport was expected: the peer uses another
   * transport.
   */
  CULVERT(
      "a Culvert peer without TLS or WebSocket",
      HandshakeExchange.encode(
          new Message.Bye(
              ByeReason.TRANSPORT,
              "the remote proxy's "
                  + Setting.TRANSPORT
                  + " is tls, ws or wss and the origin proxy's is not; give both the same"))),
  /** Anything else. */
  UNKNOWN("an unknown protocol", new byte[0]);

  private static final byte[] PROXY_V2 = {'\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q'};

  private final String description;
  private final String transport;
  private final byte[] answer;

  ForeignPeer(String description, byte[] answer) {
    this(description, "", answer);
  }

  /** Creates a constant whose first bytes an origin proxy with such a transport also sends. */
  ForeignPeer(String description, String transport, byte[] answer) {
    this.description = description;
    this.transport = transport;
    this.answer = answer;
  }

  private static byte[] answer(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** Returns a description for messages: "an HTTP client". */
  public String description() {
    return description;
  }

  /** Returns which Culvert peer this may be instead of the expected one; often empty. */
  String alternative(ExpectedPeer expected, PeerNames names) {
    return transport.isEmpty() || this == HTTP && expected == ExpectedPeer.WEB_SOCKET
        ? ""
        : "; "
            + names.kind()
            + " with "
            + Setting.TRANSPORT
            + " "
            + transport
            + " starts with the same bytes";
  }

  /** Returns the answer to send before closing; often empty. */
  public byte[] answer() {
    return answer.clone();
  }

  /** Identifies the peer by up to eight first bytes. */
  public static ForeignPeer of(byte[] first) {
    String text = new String(first, StandardCharsets.ISO_8859_1);
    if (text.startsWith(HandshakeExchange.PREFACE)) {
      return CULVERT;
    }
    if (text.startsWith("SSH-")) {
      return SSH;
    }
    if (text.startsWith("PROXY ") || Arrays.equals(first, PROXY_V2)) {
      return PROXY;
    }
    if (text.matches("(?s)(GET|PUT|HEAD|POST|DELETE|OPTIONS|CONNECT|PATCH|TRACE|PRI) ?.*")) {
      return HTTP;
    }
    if (first.length >= 3 && first[0] == 0x16 && first[1] == 3) {
      return TLS;
    }
    if (text.startsWith("{\"") || text.startsWith("\"H")) {
      return BORE;
    }
    if (first.length >= 5
        && (first[0] & ~1) == 0
        && text.startsWith("\0\0\0", 1)
        && first[4] <= 1) {
      return RATHOLE;
    }
    return UNKNOWN;
  }
}
