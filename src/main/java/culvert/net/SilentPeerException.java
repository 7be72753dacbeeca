package culvert.net;

import java.io.IOException;

/** A peer was given up because it neither said anything nor took anything for too long. */
public final class SilentPeerException extends IOException {

  private static final long serialVersionUID = 1L;

  /** The message is the sentence for people. */
  public SilentPeerException(String message) {
    super(message);
  }
}
