package culvert.route;

import culvert.net.Connection;
import culvert.net.HostPort;
import culvert.protocol.ProtocolException;
import java.io.EOFException;
import java.io.IOException;

/**
 * The exchange with a proxy before the tunnel exists. Never reads ahead, because bytes of the
 * tunnel may follow at once. Every exception names the proxy and the target.
 */
final class ProxyExchange {

  private final Connection carrier;
  private final HostPort proxy;
  private final HostPort target;

  /** Creates an exchange over a connection to the proxy; the addresses are for messages. */
  ProxyExchange(Connection carrier, HostPort proxy, HostPort target) {
    this.carrier = carrier;
    this.proxy = proxy;
    this.target = target;
  }

  /** Sends all the bytes. */
  void write(byte[] bytes) throws IOException {
    try {
      carrier.output().write(bytes);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** Reads the next byte, 0 to 255. */
  int read() throws IOException {
    return read(1)[0] & 0xff;
  }

  /**
   * Reads exactly {@code count} bytes.
   *
   * @throws EOFException if the proxy closes the connection first
   */
  byte[] read(int count) throws IOException {
    byte[] bytes;
    try {
      bytes = carrier.input().readNBytes(count);
    } catch (IOException e) {
      throw failed(e);
    }
    if (bytes.length < count) {
      throw new EOFException(
          "the proxy " + proxy + " closed the connection before it responded for " + target);
    }
    return bytes;
  }

  private IOException failed(IOException e) {
    String why = e.getMessage() == null ? "closed" : e.getMessage();
    return new IOException(
        "the connection to the proxy "
            + proxy
            + " failed before the tunnel to "
            + target
            + " was established: "
            + why,
        e);
  }

  /** Returns the exception for a refusal: "the proxy P PREDICATE T: DETAIL". */
  IOException refused(String predicate, String detail) {
    return new IOException("the proxy " + proxy + " " + predicate + " " + target + ": " + detail);
  }

  /**
   * Returns the exception for a peer that violates the protocol or is not a proxy: "the proxy P,
   * asked for T, PREDICATE".
   */
  ProtocolException protocolError(String predicate) {
    return new ProtocolException("the proxy " + proxy + ", asked for " + target + ", " + predicate);
  }
}
