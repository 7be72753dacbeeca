package culvert.protocol;

import java.io.IOException;

/** The peer, or we, ended a handshake for a stated reason. */
public final class RefusedException extends IOException {
  private static final long serialVersionUID = 1L;

  private final ByeReason reason;

  /** The message is the sentence for people. */
  public RefusedException(ByeReason reason, String message) {
    super(message);
    this.reason = reason;
  }

  /** The reason for programs. */
  public ByeReason reason() {
    return reason;
  }
}
