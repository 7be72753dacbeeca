package culvert.session;

import java.io.IOException;

/**
 * The remote proxy has ended a session that stood, cleanly and without a reason, as a wire does
 * that has no word for it.
 */
public final class SessionEndedException extends IOException {

  private static final long serialVersionUID = 1L;

  /** The message is the sentence for people. */
  public SessionEndedException(String message) {
    super(message);
  }
}
