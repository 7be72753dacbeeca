package culvert.net;

import java.io.IOException;

/** The peer is considered dead: it sent nothing, or accepted nothing, for too long. */
public final class SilentPeerException extends IOException {

  private static final long serialVersionUID = 1L;

  /** Creates an exception with a message for the log. */
  public SilentPeerException(String message) {
    super(message);
  }
}
