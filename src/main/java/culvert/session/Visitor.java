package culvert.session;

import culvert.net.UnixPeer;
import java.net.InetSocketAddress;
import java.util.Map;

/**
 * A client that connects to a public address of the remote proxy.
 *
 * @param service the service it uses
 * @param address the visitor's own address. If the protocol does not transmit it: unresolved, port
 *     0, and the protocol's id for the visitor as the host.
 * @param reached the address to which it connected; {@link UnixPeer#ADDRESS} is that of a Unix
 *     socket, as it is the visitor's own there
 * @param remoteProxy the remote proxy to which it connected, if log lines must name it; otherwise
 *     empty
 */
public record Visitor(
    String service, InetSocketAddress address, InetSocketAddress reached, String remoteProxy) {

  /** The field of log lines with the address of a remote proxy. */
  public static final String REMOTE_PROXY = "remote_proxy";

  /** Creates a visitor whose remote proxy need not be named. */
  public Visitor(String service, InetSocketAddress address, InetSocketAddress reached) {
    this(service, address, reached, "");
  }

  /** Returns this visitor with the address of its remote proxy for log lines. */
  public Visitor withRemoteProxy(String remoteProxy) {
    return new Visitor(service, address, reached, remoteProxy);
  }

  /** Returns the field for log lines that names the remote proxy, if there is one. */
  public Map<String, String> remoteField() {
    return remoteProxy.isEmpty() ? Map.of() : Map.of(REMOTE_PROXY, remoteProxy);
  }

  /** Returns the display name: the address if known, otherwise the id used by the protocol. */
  public String name() {
    boolean isKnown = !address.isUnresolved() || address.getPort() != 0;
    return isKnown ? UnixPeer.name(address) : address.getHostString();
  }
}
