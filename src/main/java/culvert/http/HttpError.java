package culvert.http;

import java.nio.charset.StandardCharsets;

/**
 * A plain-text error response that rejects a request, followed by the end of the connection.
 *
 * @param status status code and reason phrase
 * @param fields additional header fields, each with its line end
 * @param text the body, one line for the user of the client
 * @param detail description for the log of this process
 */
public record HttpError(String status, String fields, String text, String detail) {

  /** Creates a response whose text is also the description for the log. */
  public HttpError(String status, String fields, String text) {
    this(status, fields, text, text);
  }

  /** Returns the encoded response. */
  public byte[] bytes() {
    String body = text + "\n";
    return """
    HTTP/1.1 %s\r
    Content-Type: text/plain\r
    Content-Length: %d\r
    Connection: close\r
    %s\r
    %s\
    """
        .formatted(status, body.length(), fields, body)
        .getBytes(StandardCharsets.US_ASCII);
  }
}
