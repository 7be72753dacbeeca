package culvert.protocol;

import java.io.IOException;

/** The peer violated the protocol; its connection is closed. */
public sealed class ProtocolException extends IOException permits UnknownAnswerException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates an exception. The message names the invalid frame or field and is also sent to the
   * peer.
   */
  public ProtocolException(String message) {
    super(message);
  }
}
