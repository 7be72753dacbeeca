package culvert.session;

import culvert.config.ServiceType;
import java.util.OptionalInt;

/**
 * A service that a session offers.
 *
 * @param service the service's name
 * @param type what the service carries
 * @param port the public port to open for it, 0 for any; empty if the remote proxy's settings have
 *     a listener for the service
 */
public record Offer(String service, ServiceType type, OptionalInt port) {

  /** Returns an offer of a TCP service that has a listener. */
  public static Offer of(String service) {
    return of(service, ServiceType.TCP);
  }

  /** Returns an offer of a service that has a listener. */
  public static Offer of(String service, ServiceType type) {
    return new Offer(service, type, OptionalInt.empty());
  }

  /** Returns an offer of a TCP service that requests a port, 0 for any. */
  public static Offer atPort(String service, int port) {
    return atPort(service, ServiceType.TCP, port);
  }

  /** Returns an offer that requests a port, 0 for any. */
  public static Offer atPort(String service, ServiceType type, int port) {
    return new Offer(service, type, OptionalInt.of(port));
  }

  /**
   * Returns the name, followed by a colon and the port if one is requested, and by {@code /udp} if
   * the type is UDP.
   */
  @Override
  public String toString() {
    return service
        + (port.isPresent() ? ":" + port.getAsInt() : "")
        + (type == ServiceType.UDP ? "/udp" : "");
  }
}
