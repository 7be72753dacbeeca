package culvert.dialect.culvert;

import culvert.session.Offer;
import culvert.session.OfferedService;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The ports that a process requests for its services. If any port is acceptable, it requests the
 * port it had last, so that the public address stays the same after an outage, and any other port
 * if that is refused.
 */
final class PortRequests {

  private volatile OptionalInt requested;

  /** The last port of each service, if any port is acceptable. */
  private final Map<String, Integer> lastPorts = new ConcurrentHashMap<>();

  /**
   * Creates requests without a last port.
   *
   * @param requested 0 for any port; empty if services have no ports of their own
   */
  PortRequests(OptionalInt requested) {
    this.requested = requested;
  }

  /** Changes the port that later offers request. */
  void setRequested(OptionalInt port) {
    requested = port;
  }

  /** Returns the offer of a service. */
  Offer offer(OfferedService service) {
    OptionalInt port = requested;
    return port.isEmpty()
        ? Offer.of(service.name(), service.type())
        : Offer.atPort(service.name(), service.type(), port(service.name(), port.getAsInt()));
  }

  private int port(String service, int asked) {
    return asked == 0 ? lastPorts.getOrDefault(service, 0) : asked;
  }

  /** Records the port of a service. */
  void recordPort(String service, int port) {
    if (requested.equals(OptionalInt.of(0))) {
      lastPorts.put(service, port);
    }
  }

  /**
   * Returns whether the offer of a service requests its last port, although any port is acceptable.
   * The port is requested again in the next session even if it is refused now: the refusal may have
   * another cause, such as the name of the process.
   */
  boolean hasLastPort(String service) {
    return lastPorts.containsKey(service);
  }
}
