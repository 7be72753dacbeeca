package culvert.net;

import java.net.InetAddress;
import java.util.Collection;
import java.util.Set;

/**
 * A set of networks. A lookup takes at most as many steps as an address has bits, however many
 * networks there are: visitors and datagrams of a flood are looked up.
 */
public final class NetworkSet {

  private static final int V4_BYTES = 4;

  /** The networks that begin with the same bits. */
  private static final class Node {
    private final Node[] next = new Node[2];
    private boolean isNetwork;
  }

  private final Set<Cidr> networks;
  private final Node v4 = new Node();
  private final Node v6 = new Node();

  /** Creates a set of these networks. */
  public NetworkSet(Collection<Cidr> networks) {
    this.networks = Set.copyOf(networks);
    this.networks.forEach(this::add);
  }

  private void add(Cidr network) {
    byte[] bytes = network.bytes();
    Node node = root(bytes);
    for (int bit = 0; bit < network.bits(); bit++) {
      int side = bit(bytes, bit);
      if (node.next[side] == null) {
        node.next[side] = new Node();
      }
      node = node.next[side];
    }
    node.isNetwork = true;
  }

  private Node root(byte[] address) {
    return address.length == V4_BYTES ? v4 : v6;
  }

  private static int bit(byte[] address, int bit) {
    return address[bit / Byte.SIZE] >> (Byte.SIZE - 1 - bit % Byte.SIZE) & 1;
  }

  /** Returns whether the address belongs to one of the networks. */
  public boolean contains(InetAddress address) {
    byte[] bytes = address.getAddress();
    Node node = root(bytes);
    for (int bit = 0; node != null && !node.isNetwork && bit < bytes.length * Byte.SIZE; bit++) {
      node = node.next[bit(bytes, bit)];
    }
    return node != null && node.isNetwork;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof NetworkSet set && set.networks.equals(networks);
  }

  @Override
  public int hashCode() {
    return networks.hashCode();
  }

  @Override
  public String toString() {
    return networks.toString();
  }
}
