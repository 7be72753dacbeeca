package culvert.route;

import culvert.config.OutboundProxy;
import culvert.net.HostPort;
import culvert.transport.Transport;

/** Creates the transport that opens a tunnel through an outbound proxy. */
public final class ProxyTransport {

  private ProxyTransport() {}

  /**
   * Returns a transport that turns a new connection to the proxy into a tunnel to the target, with
   * CONNECT or SOCKS5 according to the proxy's scheme. It returns the carrier itself, having read
   * nothing beyond the proxy's response. The proxy resolves a target that is a name.
   *
   * <p>A refusal by the proxy, including rejected credentials, is an {@link java.io.IOException}
   * and not a {@link culvert.protocol.PeerRefusedException}: a proxy may decide differently a
   * minute later.
   */
  public static Transport through(OutboundProxy proxy, HostPort target) {
    return switch (proxy.scheme()) {
      case HTTP -> new HttpConnect(proxy, target);
      case SOCKS5 -> new Socks5(proxy, target);
    };
  }
}
