package culvert.transport.websocket;

import culvert.http.HttpError;
import culvert.http.HttpHead;
import culvert.http.MalformedHttpException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Holds a client's request against what it must be (RFC 6455, 4.2.1). */
final class WebSocketRequest {

  /** A request that is malformed. */
  static final HttpError MALFORMED =
      new HttpError("400 Bad Request", "", "The request is malformed.");

  /** Any method but the one there is. */
  static final HttpError NOT_GET =
      new HttpError("405 Method Not Allowed", "Allow: GET\r\n", "There is only GET here.");

  private static final String UPGRADE = "426 Upgrade Required";
  private static final String UPGRADE_FIELDS =
      "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
  private static final Pattern LINE = Pattern.compile("GET ([!-~]+) HTTP/([0-9]\\.[0-9])");

  private WebSocketRequest() {}

  /** Whether it asks for a WebSocket at all; else it is a browser's or a scanner's. */
  static boolean isUpgrade(HttpHead head) {
    return head.hasToken("upgrade", "websocket");
  }

  /**
   * What is wrong with it, the most telling first.
   *
   * @param path the only one that is answered; any is where none is given
   * @throws MalformedHttpException if it is malformed
   */
  static Optional<HttpError> check(HttpHead head, Optional<String> path)
      throws MalformedHttpException {
    Matcher line = LINE.matcher(head.startLine());
    if (!line.matches()) {
      throw new MalformedHttpException(
          "a malformed HTTP request '" + HttpHead.printable(head.startLine()) + "'");
    }
    if (head.single("host").isEmpty()) {
      throw new MalformedHttpException("an HTTP request without a Host");
    }
    if (hasBody(head)) {
      throw new MalformedHttpException("an HTTP request with a body, where none belongs");
    }
    String asked = line.group(1).split("\\?", 2)[0];
    if (path.isPresent() && !path.get().equals(asked)) {
      return Optional.of(
          new HttpError(
              "404 Not Found",
              "",
              "There is nothing at this path.",
              "it is for '" + HttpHead.printable(asked) + "', not for '" + path.get() + "'"));
    }
    return line.group(2).equals("1.1") ? upgradeFault(head) : Optional.of(oldVersion());
  }

  private static boolean hasBody(HttpHead head) throws MalformedHttpException {
    return !head.single("content-length").orElse("0").equals("0")
        || head.single("transfer-encoding").isPresent();
  }

  private static HttpError oldVersion() {
    return new HttpError(
        "505 HTTP Version Not Supported",
        "",
        "This speaks HTTP/1.1 only, and so must a proxy in front (nginx: proxy_http_version 1.1).");
  }

  private static Optional<HttpError> upgradeFault(HttpHead head) throws MalformedHttpException {
    if (!isUpgrade(head) || !head.hasToken("connection", "upgrade")) {
      return error(
          UPGRADE,
          UPGRADE_FIELDS,
          "This is a tunnel's control port and speaks WebSocket; a proxy in front of it must pass"
              + " on Upgrade and Connection.");
    }
    if (!head.single("sec-websocket-version").orElse("").equals("13")) {
      return error(UPGRADE, UPGRADE_FIELDS, "Only version 13 of WebSocket is spoken here.");
    }
    if (head.single("sec-websocket-key").filter(WebSocketKey::isValid).isEmpty()) {
      return error("400 Bad Request", "", "Sec-WebSocket-Key is not 16 bytes in base64.");
    }
    // Only browsers send it, and else any page they show could reach a tunnel of its reader's.
    if (head.single("origin").isPresent()) {
      return error("403 Forbidden", "", "This is not for web pages.");
    }
    return Optional.empty();
  }

  private static Optional<HttpError> error(String status, String fields, String words) {
    return Optional.of(new HttpError(status, fields, words));
  }
}
