package culvert.http;

import java.nio.charset.StandardCharsets;

/**
 * A short answer to a request that is not taken, after which the connection ends.
 *
 * @param status code and reason
 * @param fields more header lines, each with its end
 * @param words for the person who asked
 * @param detail for our own log
 */
public record HttpError(String status, String fields, String text, String detail) {

  public HttpError(String status, String fields, String words) {
    this(status, fields, words, words);
  }

  /** As it is sent. */
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
