package culvert.net;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.nio.channels.ServerSocketChannel;

/**
 * The address families of this host. A host may lack IPv6; the JDK reports that by an unchecked
 * exception, or by a message that does not name the family.
 */
final class AddressFamily {

  private AddressFamily() {}

  /** Returns whether this host has IPv6. */
  static boolean hasIpv6() {
    try {
      ServerSocketChannel.open(StandardProtocolFamily.INET6).close();
      return true;
    } catch (UnsupportedOperationException e) {
      return false;
    } catch (IOException e) {
      // No descriptor is free, for example; the next use of the family fails with the same cause.
      return true;
    }
  }

  /**
   * Opens a socket to listen at an address.
   *
   * @throws IOException if this host lacks the family of the address
   */
  static ServerSocketChannel openListening(InetAddress address) throws IOException {
    boolean isIpv4 = address instanceof Inet4Address;
    try {
      return ServerSocketChannel.open(
          isIpv4 ? StandardProtocolFamily.INET : StandardProtocolFamily.INET6);
    } catch (UnsupportedOperationException e) {
      throw missing(e);
    }
  }

  /** Returns the failure of a connection attempt, or one that names the family this host lacks. */
  static IOException dialFailure(InetAddress address, IOException failure) {
    return address instanceof Inet4Address || hasIpv6() ? failure : missing(failure);
  }

  private static IOException missing(Exception cause) {
    var missing = new SocketException("this host has no IPv6");
    missing.initCause(cause);
    return missing;
  }
}
