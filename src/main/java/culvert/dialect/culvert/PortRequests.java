package culvert.dialect.culvert;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What a process asks for where its services are to have ports of their own. Where any will do it
 * asks for the one it had last, so that visitors find it again after an outage; if that is refused,
 * for any.
 */
final class PortRequests {

  private final OptionalInt requested;

  /** What each service had last, where any will do. */
  private final Map<String, Integer> lastPorts = new ConcurrentHashMap<>();

  /**
   * Had none yet.
   *
   * @param wanted 0 for any; nothing if services have no ports of their own
   */
  PortRequests(OptionalInt wanted) {
    this.requested = wanted;
  }

  /** The text to offer a service with. */
  String offer(String service) {
    return requested.isEmpty() ? service : new PortOffer(service, port(service)).text();
  }

  private int port(String service) {
    return requested.getAsInt() == 0 ? lastPorts.getOrDefault(service, 0) : requested.getAsInt();
  }

  /** The service has this port now. */
  void recordPort(String service, int port) {
    if (requested.equals(OptionalInt.of(0))) {
      lastPorts.put(service, port);
    }
  }

  /** The text to offer it with after a refusal, if there is another one. */
  Optional<String> afterRefusal(String service) {
    return lastPorts.remove(service) == null ? Optional.empty() : Optional.of(offer(service));
  }
}
