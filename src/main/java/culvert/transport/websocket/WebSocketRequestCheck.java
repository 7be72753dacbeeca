package culvert.transport.websocket;

import culvert.http.HttpError;
import culvert.http.HttpHead;
import culvert.http.MalformedHttpException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Checks the opening request of a client (RFC 6455, section 4.2.1). */
final class WebSocketRequestCheck {

  /** Response to a malformed request. */
  static final HttpError MALFORMED =
      new HttpError("400 Bad Request", "", "The request is malformed.");

  /** Response to any method other than GET. */
  static final HttpError NOT_GET =
      new HttpError("405 Method Not Allowed", "Allow: GET\r\n", "Only GET is supported.");

  private static final String UPGRADE = "426 Upgrade Required";
  private static final String UPGRADE_FIELDS =
      "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
  private static final Pattern LINE = Pattern.compile("GET ([!-~]+) HTTP/([0-9]\\.[0-9])");

  private WebSocketRequestCheck() {}

  /** Returns whether the request is for a WebSocket; others come from browsers and scanners. */
  static boolean isUpgrade(HttpHead head) {
    return head.hasToken("upgrade", "websocket");
  }

  /**
   * Returns the error response to the request, or empty if it is valid. Checks the path before the
   * version, and both before the WebSocket fields.
   *
   * @param path the only path that is accepted; empty to accept any
   * @throws MalformedHttpException if the request is malformed
   */
  static Optional<HttpError> check(HttpHead head, Optional<String> path)
      throws MalformedHttpException {
    Matcher line = LINE.matcher(head.startLine());
    if (!line.matches()) {
      throw new MalformedHttpException(
          "a malformed HTTP request line '" + HttpHead.printable(head.startLine()) + "'");
    }
    if (head.single("host").isEmpty()) {
      throw new MalformedHttpException("an HTTP request without a Host field");
    }
    if (hasBody(head)) {
      throw new MalformedHttpException("an HTTP request with a body, which is not allowed here");
    }
    String requested = line.group(1).split("\\?", 2)[0];
    if (path.isPresent() && !path.get().equals(requested)) {
      return Optional.of(
          new HttpError(
              "404 Not Found",
              "",
              "There is nothing at this path.",
              "path '"
                  + HttpHead.printable(requested)
                  + "' requested, '"
                  + path.get()
                  + "' expected"));
    }
    return line.group(2).equals("1.1") ? checkUpgrade(head) : Optional.of(wrongVersion());
  }

  private static boolean hasBody(HttpHead head) throws MalformedHttpException {
    return !head.single("content-length").orElse("0").equals("0")
        || head.single("transfer-encoding").isPresent();
  }

  private static HttpError wrongVersion() {
    return new HttpError(
        "505 HTTP Version Not Supported",
        "",
        "Only HTTP/1.1 is supported; a proxy in front must use it (nginx: proxy_http_version"
            + " 1.1).");
  }

  private static Optional<HttpError> checkUpgrade(HttpHead head) throws MalformedHttpException {
    if (!isUpgrade(head) || !head.hasToken("connection", "upgrade")) {
      return error(
          UPGRADE,
          UPGRADE_FIELDS,
          "This is a tunnel's control port and expects WebSocket; a proxy in front of it must"
              + " forward Upgrade and Connection.");
    }
    if (!head.single("sec-websocket-version").orElse("").equals("13")) {
      return error(UPGRADE, UPGRADE_FIELDS, "Only WebSocket version 13 is supported.");
    }
    if (head.single("sec-websocket-key").filter(WebSocketKey::isValid).isEmpty()) {
      return error("400 Bad Request", "", "Sec-WebSocket-Key is not 16 bytes in base64.");
    }
    // Only browsers send Origin. Otherwise any web page could reach a tunnel of its reader.
    if (head.single("origin").isPresent()) {
      return error("403 Forbidden", "", "Requests from web pages are not allowed.");
    }
    return Optional.empty();
  }

  private static Optional<HttpError> error(String status, String fields, String text) {
    return Optional.of(new HttpError(status, fields, text));
  }
}
