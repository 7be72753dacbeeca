package culvert.net;

import java.io.IOException;

/** The peer exceeded the heartbeat timeout: it neither sent nor acknowledged anything. */
public final class SilentPeerException extends IOException {

  private static final long serialVersionUID = 1L;

  /** Creates an exception with a message for the log. */
  public SilentPeerException(String message) {
    super(message);
  }
}
