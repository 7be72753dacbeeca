package culvert.transport.websocket;

import culvert.http.HttpHead;
import culvert.http.HttpHeadReader;
import culvert.http.MalformedHttpException;
import culvert.protocol.PeerNames;
import culvert.protocol.ProtocolException;
import java.io.IOException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Holds a server's answer against what it must be (RFC 6455, 4.1), in sentences for people. */
final class WebSocketResponse {

  /** Most bytes of a body's first line that are waited for. */
  private static final int MAX_LINE_BYTES = 200;

  private static final Pattern STATUS_LINE =
      Pattern.compile("HTTP/1\\.[01] ([1-5][0-9]{2})(?: (.*))?");
  private static final Pattern SWITCHING = Pattern.compile("HTTP/1\\.1 101( .*)?");
  private static final Pattern LENGTH = Pattern.compile("[0-9]{1,9}");

  private final HttpHead head;
  private final String path;
  private final PeerNames server;

  /**
   * Nothing checked yet.
   *
   * @param path that was asked for
   * @param server names of the peer, for messages
   */
  WebSocketResponse(HttpHead head, String path, PeerNames server) {
    this.head = head;
    this.path = path;
    this.server = server;
  }

  /**
   * Returns if the WebSocket stands.
   *
   * @param key that was asked with
   * @param reader where the body is
   * @throws ProtocolException if it is no proper answer
   * @throws IOException if it is a proper refusal
   */
  void check(String key, HttpHeadReader reader) throws IOException {
    if (!SWITCHING.matcher(head.startLine()).matches()) {
      throw refusal(reader);
    }
    if (!head.single("upgrade").orElse("").equalsIgnoreCase("websocket")
        || !head.hasToken("connection", "upgrade")) {
      throw new ProtocolException(server.peer() + " switched to something else than WebSocket");
    }
    if (!head.single("sec-websocket-accept").orElse("").equals(WebSocketKey.accept(key))) {
      throw new ProtocolException(
          server.peer() + "'s Sec-WebSocket-Accept is no answer to this side's key");
    }
    for (String unasked : new String[] {"sec-websocket-extensions", "sec-websocket-protocol"}) {
      if (head.fields().containsKey(unasked)) {
        throw new ProtocolException(server.peer() + " answered with a " + unasked + " unasked");
      }
    }
  }

  private IOException refusal(HttpHeadReader reader) throws IOException {
    Matcher line = STATUS_LINE.matcher(head.startLine());
    if (!line.matches()) {
      return new ProtocolException(
          "what answers there speaks no HTTP/1.1: '" + HttpHead.printable(head.startLine()) + "'");
    }
    String reason = line.group(2) == null ? "" : HttpHead.printable(line.group(2));
    String body = HttpHead.printable(firstLine(reader));
    return new IOException(
        server.peer()
            + " answered "
            + (line.group(1) + " " + reason).strip()
            + " instead of a WebSocket: "
            + hint(Integer.parseInt(line.group(1)))
            + (body.isEmpty() ? "" : "; it says '" + body + "'"));
  }

  private String hint(int status) throws MalformedHttpException {
    return switch (status) {
      case 301, 302, 303, 307, 308 ->
          "it leads to '"
              + HttpHead.printable(head.single("location").orElse(""))
              + "'; give that address if it is the right one";
      case 400, 405 -> "has it the same --transport?";
      case 401, 407 -> "something in front of it wants a login, which cannot be given";
      case 403 -> "something in front of it lets nobody in from here";
      case 426 -> "does a proxy in front of it pass on Upgrade and Connection?";
      case 429 -> "something in front of it was asked too often, and is asked again later";
      case 500, 502, 503, 504 ->
          "is it up behind the proxy in front of it, and its path '" + path + "'?";
      default -> "is '" + path + "' its " + server.option("ws-path") + "?";
    };
  }

  /** Of a body in plain text that is there or comes to an end; else nothing. */
  private String firstLine(HttpHeadReader reader) throws MalformedHttpException {
    Optional<String> length = head.single("content-length").filter(LENGTH.asMatchPredicate());
    boolean ends = length.isPresent() || head.hasToken("connection", "close");
    boolean text = head.single("content-type").orElse("").startsWith("text/plain");
    if (!text || !ends || head.fields().containsKey("transfer-encoding")) {
      return "";
    }
    return reader.readLine(
        Math.min(MAX_LINE_BYTES, length.map(Integer::parseInt).orElse(MAX_LINE_BYTES)));
  }
}
