package culvert.http;

import java.io.IOException;

/** A message violates the syntax of HTTP/1.1 (RFC 9110, RFC 9112) or exceeds a limit. */
public final class MalformedHttpException extends IOException {
  private static final long serialVersionUID = 1L;

  /** The message names the part of the HTTP message and the rule it violates. */
  public MalformedHttpException(String message) {
    super(message);
  }
}
