package culvert.noise;

import java.io.IOException;

/**
 * What came is not a Noise message of the peer we are talking to: cut, changed, repeated, out of
 * order, or of somebody with other keys. The two cannot go on.
 */
public final class NoiseException extends IOException {
  private static final long serialVersionUID = 1L;

  /** The message names what failed; it never holds a key. */
  NoiseException(String message) {
    super(message);
  }
}
