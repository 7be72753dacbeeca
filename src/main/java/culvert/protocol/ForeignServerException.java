package culvert.protocol;

import java.io.IOException;

/** The dialled address belongs to a server of another protocol. */
public final class ForeignServerException extends IOException {
  private static final long serialVersionUID = 1L;

  private final ForeignServer server;

  /**
   * Creates an exception that names the server and asks about the port.
   *
   * @param port the port that was expected: "the control port of a remote proxy"
   */
  public ForeignServerException(ForeignServer server, String port) {
    super(server.message(port));
    this.server = server;
  }

  /** Returns the kind of server. */
  public ForeignServer server() {
    return server;
  }
}
