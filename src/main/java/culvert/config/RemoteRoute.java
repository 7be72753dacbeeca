package culvert.config;

import java.util.Optional;

/**
 * A remote proxy of an origin proxy, and the way there.
 *
 * @param address the remote proxy's control address, or a channel group that it joins
 * @param via the outbound proxy on the way to the address, if any
 */
public record RemoteRoute(RemoteAddress address, Optional<OutboundProxy> via) {

  /** Returns a remote proxy that is reached without an outbound proxy. */
  public static RemoteRoute direct(RemoteAddress address) {
    return new RemoteRoute(address, Optional.empty());
  }
}
