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

  private final OptionalInt requested;

  /** The last port of each service, if any port is acceptable; of all values of the settings. */
  private final Map<String, Integer> lastPorts;

  private PortRequests(OptionalInt requested, Map<String, Integer> lastPorts) {
    this.requested = requested;
    this.lastPorts = lastPorts;
  }

  /**
   * Creates requests without a last port.
   *
   * @param requested 0 for any port; empty if services have no ports of their own
   */
  PortRequests(OptionalInt requested) {
    this(requested, new ConcurrentHashMap<>());
  }

  /** Returns the requests of changed settings, for later sessions. */
  PortRequests requesting(OptionalInt port) {
    return new PortRequests(port, lastPorts);
  }

  /** Returns the same requests without a last port. */
  PortRequests withoutLastPorts() {
    return new PortRequests(requested);
  }

  /** Returns the same requests with the last ports of others, which both record from then on. */
  PortRequests withLastPortsOf(PortRequests others) {
    return new PortRequests(requested, others.lastPorts);
  }

  /**
   * Returns the offer of a service.
   *
   * @param isLastRefused whether its last port was refused in this session
   */
  Offer offer(OfferedService service, boolean isLastRefused) {
    if (requested.isEmpty()) {
      return Offer.of(service.name(), service.type());
    }
    boolean isLast = isAnyPort() && !isLastRefused;
    return Offer.atPort(
        service.name(),
        service.type(),
        isLast ? lastPorts.getOrDefault(service.name(), 0) : requested.getAsInt());
  }

  /** Records the port of a service. */
  void recordPort(String service, int port) {
    if (isAnyPort()) {
      lastPorts.put(service, port);
    }
  }

  /**
   * Returns whether the offer of a service requests its last port, although any port is acceptable.
   * The port is requested again in the next session even if it is refused now: the refusal may have
   * another cause, such as the name of the process.
   */
  boolean hasLastPort(String service) {
    return isAnyPort() && lastPorts.containsKey(service);
  }

  private boolean isAnyPort() {
    return requested.equals(OptionalInt.of(0));
  }
}
