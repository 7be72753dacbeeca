package culvert.transport.websocket;

import culvert.http.HttpHead;
import culvert.http.HttpHeadReader;
import culvert.http.MalformedHttpException;
import culvert.protocol.PeerNames;
import culvert.protocol.ProtocolException;
import culvert.setting.Setting;
import java.io.IOException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Checks the response of a server (RFC 6455, section 4.1) and explains failures to the user. */
final class WebSocketResponseCheck {

  /** Maximum bytes of the first line of a body to wait for. */
  private static final int MAX_LINE_BYTES = 200;

  private static final Pattern STATUS_LINE =
      Pattern.compile("HTTP/1\\.[01] ([1-5][0-9]{2})(?: (.*))?");
  private static final Pattern SWITCHING = Pattern.compile("HTTP/1\\.1 101( .*)?");
  private static final Pattern LENGTH = Pattern.compile("[0-9]{1,9}");

  private final HttpHead head;
  private final String path;
  private final PeerNames server;

  /**
   * Creates a check of one response.
   *
   * @param path the requested path
   * @param server names of the peer, for messages
   */
  WebSocketResponseCheck(HttpHead head, String path, PeerNames server) {
    this.head = head;
    this.path = path;
    this.server = server;
  }

  /**
   * Returns if the server accepted the WebSocket.
   *
   * @param key the key of the request
   * @param reader reads the body of an error response
   * @throws ProtocolException if the response violates the specification
   * @throws IOException if the response is a valid HTTP error
   */
  void check(String key, HttpHeadReader reader) throws IOException {
    if (!SWITCHING.matcher(head.startLine()).matches()) {
      throw refusal(reader);
    }
    if (!head.single("upgrade").orElse("").equalsIgnoreCase("websocket")
        || !head.hasToken("connection", "upgrade")) {
      throw new ProtocolException(server.peer() + " switched to a protocol other than WebSocket");
    }
    if (!head.single("sec-websocket-accept").orElse("").equals(WebSocketKey.accept(key))) {
      throw new ProtocolException(server.peer() + "'s Sec-WebSocket-Accept does not match the key");
    }
    for (String field : new String[] {"sec-websocket-extensions", "sec-websocket-protocol"}) {
      if (head.fields().containsKey(field)) {
        throw new ProtocolException(server.peer() + " sent " + field + ", which was not requested");
      }
    }
  }

  private IOException refusal(HttpHeadReader reader) throws IOException {
    Matcher line = STATUS_LINE.matcher(head.startLine());
    if (!line.matches()) {
      return new ProtocolException(
          "the server at this address does not use HTTP/1.1: '"
              + HttpHead.printable(head.startLine())
              + "'");
    }
    String reason = line.group(2) == null ? "" : HttpHead.printable(line.group(2));
    String body = HttpHead.printable(firstLine(reader));
    return new IOException(
        server.peer()
            + " answered "
            + (line.group(1) + " " + reason).strip()
            + " instead of opening a WebSocket: "
            + hint(Integer.parseInt(line.group(1)))
            + (body.isEmpty() ? "" : "; response: '" + body + "'"));
  }

  private String hint(int status) throws MalformedHttpException {
    return switch (status) {
      case 301, 302, 303, 307, 308 ->
          "it redirects to '"
              + HttpHead.printable(head.single("location").orElse(""))
              + "'; use that address if it is the right one";
      case 400, 405 -> server.transportQuestion();
      case 401, 407 -> "an intermediary requires authentication, which is not supported";
      case 403 -> "an intermediary denies access from this address";
      case 426 -> "does a proxy in front of it forward Upgrade and Connection?";
      case 429 -> "an intermediary limits the request rate; the next attempt comes later";
      case 500, 502, 503, 504 ->
          "is it running behind the proxy in front of it, with path '" + path + "'?";
      default -> "is '" + path + "' its " + Setting.WS_PATH + "?";
    };
  }

  /**
   * Returns the first line of a plain-text body whose end is known; empty for other bodies, whose
   * end may never come.
   */
  private String firstLine(HttpHeadReader reader) throws MalformedHttpException {
    Optional<String> length = head.single("content-length").filter(LENGTH.asMatchPredicate());
    boolean hasEnd = length.isPresent() || head.hasToken("connection", "close");
    boolean isText = head.single("content-type").orElse("").startsWith("text/plain");
    if (!isText || !hasEnd || head.fields().containsKey("transfer-encoding")) {
      return "";
    }
    return reader.readBodyLine(
        Math.min(MAX_LINE_BYTES, length.map(Integer::parseInt).orElse(MAX_LINE_BYTES)));
  }
}
