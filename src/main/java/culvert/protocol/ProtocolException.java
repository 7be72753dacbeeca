package culvert.protocol;

import java.io.IOException;

/** The peer broke the rules of the wire: its fault, and the end of its connection. */
public final class ProtocolException extends IOException {
  private static final long serialVersionUID = 1L;

  /** The message names the verb or field and what is wrong with it; it is also told to the peer. */
  public ProtocolException(String message) {
    super(message);
  }
}
