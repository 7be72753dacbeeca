package culvert.net;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.ProtocolFamily;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.nio.channels.NetworkChannel;
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

  /** Returns the family of the socket for an address. */
  static ProtocolFamily of(InetAddress address) {
    return address instanceof Inet4Address
        ? StandardProtocolFamily.INET
        : StandardProtocolFamily.INET6;
  }

  /**
   * Opens a channel of a family.
   *
   * @param <C> the kind of channel
   */
  @FunctionalInterface
  interface Opener<C extends NetworkChannel> {
    /** Returns a channel that is not bound. */
    C open(ProtocolFamily family) throws IOException;
  }

  /**
   * Opens a channel for an address, which then counts as a descriptor.
   *
   * @throws IOException also if this host lacks the family of the address
   */
  static <C extends NetworkChannel> C open(InetAddress address, Opener<C> opener)
      throws IOException {
    return open(of(address), opener);
  }

  /** Opens a channel of a family; see {@link #open(InetAddress, Opener)}. */
  static <C extends NetworkChannel> C open(ProtocolFamily family, Opener<C> opener)
      throws IOException {
    try {
      C channel = opener.open(family);
      Descriptors.PROCESS.opened();
      return channel;
    } catch (UnsupportedOperationException e) {
      throw missing(family, e);
    }
  }

  /** Returns the failure of a connection attempt, or one that names the family this host lacks. */
  static IOException dialFailure(InetAddress address, IOException failure) {
    return address instanceof Inet4Address || hasIpv6()
        ? failure
        : missing(StandardProtocolFamily.INET6, failure);
  }

  private static IOException missing(ProtocolFamily family, Exception cause) {
    boolean isIpv6 = family == StandardProtocolFamily.INET6;
    var missing = new SocketException("this host has no " + (isIpv6 ? "IPv6" : family.name()));
    missing.initCause(cause);
    return missing;
  }
}
