package culvert.session;

import java.io.IOException;

/**
 * The remote proxy ended a session cleanly without giving a reason, because its protocol has no
 * message for that.
 */
public final class SessionEndedException extends IOException {

  private static final long serialVersionUID = 1L;

  /** Creates the exception with a message for people. */
  public SessionEndedException(String message) {
    super(message);
  }
}
