package culvert.net;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;

/**
 * The source of connections for limits by source: an IPv4 address, or an IPv6 /64 network, in which
 * one host can use any address.
 *
 * @param network the address, or the first address of the network
 */
public record SourcePrefix(InetAddress network) {

  private static final int V6_NETWORK_BYTES = 8;

  /** Returns the source that {@code address} belongs to. */
  public static SourcePrefix of(InetAddress address) {
    if (!(address instanceof Inet6Address v6)) {
      return new SourcePrefix(address);
    }
    byte[] bytes = v6.getAddress();
    Arrays.fill(bytes, V6_NETWORK_BYTES, bytes.length, (byte) 0);
    try {
      return new SourcePrefix(InetAddress.getByAddress(bytes));
    } catch (UnknownHostException e) {
      throw new IllegalStateException("sixteen bytes are an address", e);
    }
  }
}
