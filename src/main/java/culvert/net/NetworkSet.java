package culvert.net;

import java.net.InetAddress;
import java.util.Collection;
import java.util.List;

/**
 * A set of networks. A lookup is a binary search: visitors and datagrams of a flood are looked up,
 * and there may be thousands of networks.
 */
public final class NetworkSet {

  private static final int V4_BYTES = 4;

  private final NetworkRanges v4;
  private final NetworkRanges v6;

  /** Creates a set of these networks. */
  public NetworkSet(Collection<Cidr> networks) {
    this.v4 = new NetworkRanges(ofFamily(networks, true));
    this.v6 = new NetworkRanges(ofFamily(networks, false));
  }

  private static List<Cidr> ofFamily(Collection<Cidr> networks, boolean isV4) {
    return networks.stream()
        .filter(network -> (network.address().size() == V4_BYTES) == isV4)
        .toList();
  }

  /** Returns whether the address belongs to one of the networks. */
  public boolean contains(InetAddress address) {
    byte[] bytes = address.getAddress();
    return (bytes.length == V4_BYTES ? v4 : v6).contains(bytes);
  }

  /** Returns whether the other set has the same addresses, in the same networks. */
  @Override
  public boolean equals(Object other) {
    return other instanceof NetworkSet set && set.v4.equals(v4) && set.v6.equals(v6);
  }

  @Override
  public int hashCode() {
    return 31 * v4.hashCode() + v6.hashCode();
  }
}
