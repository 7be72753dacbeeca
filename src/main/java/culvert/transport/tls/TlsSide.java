package culvert.transport.tls;

import culvert.protocol.PeerNames;
import java.io.IOException;
import javax.net.ssl.SSLException;

/**
 * One side of a TLS connection.
 *
 * @param isDialling whether this side is the client
 * @param names names of the other side
 */
record TlsSide(boolean isDialling, PeerNames names) {

  /** Returns the client's side. */
  static TlsSide dialling(PeerNames server) {
    return new TlsSide(true, server);
  }

  /** Returns the server's side. */
  static TlsSide accepting(PeerNames client) {
    return new TlsSide(false, client);
  }

  /** Returns the name of the other side for messages: "the remote proxy". */
  String peer() {
    return names.peer();
  }

  /** Returns the exception to throw for one that the engine threw; see {@link TlsErrors}. */
  IOException translate(SSLException failure) {
    return new TlsErrors(this).translate(failure);
  }
}
