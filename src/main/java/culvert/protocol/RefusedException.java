package culvert.protocol;

import java.io.IOException;

/** The peer or this side ended a handshake or link with a reason. */
public final class RefusedException extends IOException {
  private static final long serialVersionUID = 1L;

  private final ByeReason reason;

  /** Creates an exception with a message for users. */
  public RefusedException(ByeReason reason, String message) {
    super(message);
    this.reason = reason;
  }

  /** Returns the reason code. */
  public ByeReason reason() {
    return reason;
  }
}
