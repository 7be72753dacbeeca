package culvert.route;

import culvert.config.TransportKind;
import culvert.net.CloseCause;
import culvert.net.Connection;
import culvert.protocol.ForeignServer;
import culvert.protocol.ForeignServerException;
import culvert.protocol.PeerRefusedException;
import java.io.EOFException;
import java.io.IOException;

/** Explains why a handshake on the dialling side failed, by the first bytes of the peer. */
public final class DialFailures {

  private DialFailures() {}

  /**
   * Returns the exception to throw: one that names the server if it uses another known protocol,
   * otherwise the given one. A refusal stays as it is.
   *
   * @param first the first bytes that the peer sent
   * @param transport the transport that the peer was expected to use
   * @param port the port that was expected: "the control port of a remote proxy"
   */
  public static IOException explain(
      IOException cause, byte[] first, TransportKind transport, String port) {
    if (cause instanceof PeerRefusedException) {
      return cause;
    }
    return ForeignServer.of(first)
        .filter(server -> !isCarrying(server, transport))
        .<IOException>map(server -> new ForeignServerException(server, port))
        .orElse(cause);
  }

  /**
   * Returns whether the peer closed or reset a connection on which it sent nothing.
   *
   * @param first the first bytes that the peer sent
   */
  public static boolean isEndWithoutBytes(IOException cause, byte[] first, Connection connection) {
    return first.length == 0
        && !(cause instanceof PeerRefusedException)
        && (cause instanceof EOFException
            || connection.closeCause().filter(CloseCause.RESET::equals).isPresent());
  }

  private static boolean isCarrying(ForeignServer server, TransportKind transport) {
    return server == ForeignServer.TLS && transport.isTls()
        || server == ForeignServer.HTTP && transport == TransportKind.WS;
  }
}
