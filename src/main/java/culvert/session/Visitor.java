package culvert.session;

import culvert.net.HostPort;
import java.net.InetSocketAddress;

/**
 * Who came, and what for.
 *
 * @param service the service visited
 * @param address the visitor's own address; where the wire does not tell it, unresolved and with
 *     whatever else it calls the visitor by as its host
 * @param reached the address it connected to
 */
public record Visitor(String service, InetSocketAddress address, InetSocketAddress reached) {

  /** How people know it: by its address, or by whatever else the wire calls it. */
  public String name() {
    boolean told = !address.isUnresolved() || address.getPort() != 0;
    return told ? HostPort.of(address).toString() : address.getHostString();
  }
}
