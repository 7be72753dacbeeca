package culvert.mux;

import java.io.IOException;

/** A leg was given up because its peer neither said anything nor took anything for too long. */
public final class SilentPeerException extends IOException {

  private static final long serialVersionUID = 1L;

  SilentPeerException(String message) {
    super(message);
  }
}
