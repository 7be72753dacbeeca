package culvert.session;

import java.util.OptionalInt;

/**
 * A service that a session offers.
 *
 * @param service the service's name
 * @param port the public port to open for it, 0 for any; empty if the remote proxy's settings have
 *     a listener for the service
 */
public record Offer(String service, OptionalInt port) {

  /** Returns an offer of a service that has a listener. */
  public static Offer of(String service) {
    return new Offer(service, OptionalInt.empty());
  }

  /** Returns an offer that requests a port, 0 for any. */
  public static Offer atPort(String service, int port) {
    return new Offer(service, OptionalInt.of(port));
  }

  /** Returns the name, followed by a colon and the port if one is requested. */
  @Override
  public String toString() {
    return port.isPresent() ? service + ":" + port.getAsInt() : service;
  }
}
