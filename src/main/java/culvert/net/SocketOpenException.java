package culvert.net;

import java.io.IOException;
import java.net.SocketException;

/** A socket could not be opened, because this process or host lacks file descriptors or memory. */
final class SocketOpenException extends SocketException {

  private static final long serialVersionUID = 1;

  /** Creates an exception with the text of the system. */
  SocketOpenException(IOException cause) {
    super(cause.getMessage());
    initCause(cause);
  }
}
