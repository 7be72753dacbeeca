package culvert.remote;

import culvert.session.Session;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * The offers that the rules of clients do not permit. Their sessions are notified once the rules
 * permit them. Guarded by the lock of {@link Registry}.
 */
final class RefusedOffers {

  /** Maximum offers of a session; it repeats further ones after a pause. */
  static final int MAX_OFFERS = 512;

  /** The requested port of each service; empty for one with a listener. */
  private final Map<Session, Map<String, OptionalInt>> offers = new HashMap<>();

  /** Adds an offer, unless the session has too many. */
  void add(Session session, String service, OptionalInt port) {
    Map<String, OptionalInt> all = offers.computeIfAbsent(session, none -> new LinkedHashMap<>());
    if (all.size() < MAX_OFFERS || all.containsKey(service)) {
      all.put(service, port);
    }
  }

  /** Removes an offer that was made again. */
  void remove(Session session, String service) {
    if (offers.containsKey(session)) {
      offers.get(session).remove(service);
    }
  }

  /** Removes a session that has ended. */
  void remove(Session session) {
    offers.remove(session);
  }

  /** Removes the offers of a session that are permitted now; returns their services. */
  List<String> removePermitted(Session session, ClientTable clients) {
    Map<String, OptionalInt> all = offers.getOrDefault(session, Map.of());
    List<String> permitted =
        all.keySet().stream()
            .filter(service -> clients.refusal(session, service, all.get(service)).isEmpty())
            .toList();
    permitted.forEach(all::remove);
    return permitted;
  }
}
