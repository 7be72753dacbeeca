package culvert.session;

import culvert.net.HostPort;
import java.net.InetSocketAddress;

/**
 * A client that connects to a public address of the remote proxy.
 *
 * @param service the service it uses
 * @param address the visitor's own address. If the protocol does not transmit it: unresolved, port
 *     0, and the protocol's id for the visitor as the host.
 * @param reached the address to which it connected
 */
public record Visitor(String service, InetSocketAddress address, InetSocketAddress reached) {

  /** Returns the display name: the address if known, otherwise the id used by the protocol. */
  public String name() {
    boolean isKnown = !address.isUnresolved() || address.getPort() != 0;
    return isKnown ? HostPort.of(address).toString() : address.getHostString();
  }
}
