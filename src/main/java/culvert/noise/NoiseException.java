package culvert.noise;

import java.io.IOException;

/**
 * A received message is invalid: truncated, modified, repeated, out of order, or created with other
 * keys. The session cannot continue.
 */
public final class NoiseException extends IOException {
  private static final long serialVersionUID = 1L;

  /** The message names the failed step and never contains a key. */
  NoiseException(String message) {
    super(message);
  }
}
