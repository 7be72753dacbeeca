package culvert.route;

import culvert.config.OutboundProxy;
import culvert.net.HostPort;
import culvert.transport.Transport;

/** The way out through a proxy. */
public final class ProxyTransport {

  private ProxyTransport() {}

  /**
   * What makes a fresh connection to the proxy a tunnel to the target: CONNECT or SOCKS5, as {@code
   * via} says. It returns the carrier itself and has read nothing beyond the proxy's answer. A
   * target that is a name is resolved by the proxy.
   *
   * <p>A proxy that refuses, also the user and password, is an ordinary {@link java.io.IOException}
   * and no refusal of the other half's: what a proxy says may be another thing a minute later.
   */
  public static Transport through(OutboundProxy via, HostPort target) {
    return switch (via.scheme()) {
      case HTTP -> new HttpConnect(via, target);
      case SOCKS5 -> new Socks5(via, target);
    };
  }
}
