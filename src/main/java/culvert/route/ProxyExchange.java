package culvert.route;

import culvert.net.Connection;
import culvert.net.HostPort;
import culvert.protocol.ProtocolException;
import java.io.EOFException;
import java.io.IOException;

/**
 * An exchange with a proxy. It reads what it is asked for and never ahead, since the tunnel's bytes
 * may follow at once; every complaint names proxy and target.
 */
final class ProxyExchange {

  private final Connection carrier;
  private final HostPort proxy;
  private final HostPort target;

  /** The names are for the complaints. */
  ProxyExchange(Connection carrier, HostPort proxy, HostPort target) {
    this.carrier = carrier;
    this.proxy = proxy;
    this.target = target;
  }

  /** Says all of this. */
  void write(byte[] bytes) throws IOException {
    try {
      carrier.output().write(bytes);
    } catch (IOException e) {
      throw broken(e);
    }
  }

  /** The next byte, 0 to 255. */
  int read() throws IOException {
    return read(1)[0] & 0xff;
  }

  /**
   * The next bytes, so many exactly.
   *
   * @throws EOFException if the proxy hangs up before
   */
  byte[] read(int count) throws IOException {
    byte[] bytes;
    try {
      bytes = carrier.input().readNBytes(count);
    } catch (IOException e) {
      throw broken(e);
    }
    if (bytes.length < count) {
      throw new EOFException(
          "the proxy " + proxy + " hung up before it had answered for " + target);
    }
    return bytes;
  }

  private IOException broken(IOException e) {
    String why = e.getMessage() == null ? "closed" : e.getMessage();
    return new IOException(
        "the connection to the proxy " + proxy + " broke before it led to " + target + ": " + why,
        e);
  }

  /** The proxy's own decision: "the proxy P PREDICATE T: DETAIL". */
  IOException refused(String predicate, String detail) {
    return new IOException("the proxy " + proxy + " " + predicate + " " + target + ": " + detail);
  }

  /** The proxy broke its own rules, or it is none: "the proxy P, asked for T, PREDICATE". */
  ProtocolException protocolError(String predicate) {
    return new ProtocolException("the proxy " + proxy + ", asked for " + target + ", " + predicate);
  }
}
