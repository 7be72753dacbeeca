package culvert.origin;

import java.io.IOException;

/** Another address of the name leads to the same process of a remote proxy. */
final class DuplicateRemoteException extends IOException {
  private static final long serialVersionUID = 1L;

  DuplicateRemoteException() {
    super("another address leads to the same remote proxy");
  }
}
