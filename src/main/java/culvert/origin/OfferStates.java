package culvert.origin;

import culvert.protocol.DeclinedReason;
import culvert.session.OfferedService;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** The state of each service of one session. The caller's lock guards it. */
final class OfferStates {

  /** Pause before a service that the remote proxy does not have is offered again. */
  static final Duration OFFER_PAUSE = Duration.ofMillis(500);

  /**
   * Pause before a service that another origin proxy has is offered again, since each offer probes
   * the other one, which loses the service if it does not answer; and before one that is not
   * permitted, because the remote proxy notifies the origin proxy if it is permitted later.
   */
  private static final Duration LONG_PAUSE = Duration.ofSeconds(15);

  /** The state of a service that was offered and not withdrawn. */
  enum State {
    /** Offered, without an answer. */
    OFFERED,
    SERVED,
    /** Offered again after a pause. */
    DECLINED,
    /** Not offered again in this session. */
    UNSUPPORTED
  }

  /** In the order of the last answers. */
  private final Map<OfferedService, State> states = new LinkedHashMap<>();

  /** When the services that were declined are offered again. */
  private final Map<OfferedService, Long> dueNanos = new HashMap<>();

  static Duration pause(DeclinedReason reason) {
    return switch (reason) {
      case SETTINGS -> OFFER_PAUSE;
      case IN_USE, NOT_PERMITTED -> LONG_PAUSE;
    };
  }

  /** Returns the state of a service, or null if it has none. */
  State get(OfferedService service) {
    return states.get(service);
  }

  /** Records an offer. */
  void offered(OfferedService service) {
    states.put(service, State.OFFERED);
  }

  /** Records an answer to the offer with this name, which becomes the last in the order. */
  OfferedService answered(String name, State next) {
    OfferedService service =
        named(name).stream()
            .filter(one -> states.get(one) == State.OFFERED)
            .findFirst()
            .orElseThrow(() -> new IllegalStateException("not offered: " + name));
    states.remove(service);
    states.put(service, next);
    return service;
  }

  /** Records that a service is to be offered after a pause; it becomes the last in the order. */
  void offerAfter(Duration pause, OfferedService service) {
    states.remove(service);
    states.put(service, State.DECLINED);
    dueNanos.put(service, System.nanoTime() + pause.toNanos());
  }

  /** Makes a service that was declined due at once. */
  void offerNow(OfferedService service) {
    dueNanos.put(service, System.nanoTime());
  }

  void remove(OfferedService service) {
    states.remove(service);
  }

  /** Forgets an offer without an answer; returns whether there was one. */
  boolean removeOffered(OfferedService service) {
    return states.remove(service, State.OFFERED);
  }

  /** Forgets the services of a name that are served. */
  void removeServed(String name) {
    states
        .entrySet()
        .removeIf(one -> one.getKey().name().equals(name) && one.getValue() == State.SERVED);
  }

  /** Forgets all services but these, and those that have to be withdrawn or answered. */
  void retain(Collection<OfferedService> wanted) {
    states
        .entrySet()
        .removeIf(one -> !wanted.contains(one.getKey()) && isNotServed(one.getValue()));
    dueNanos.keySet().retainAll(states.keySet());
  }

  private static boolean isNotServed(State state) {
    return state == State.DECLINED || state == State.UNSUPPORTED;
  }

  boolean has(State state) {
    return states.containsValue(state);
  }

  /** Returns the number of offers without an answer. */
  long unanswered() {
    return states.values().stream().filter(State.OFFERED::equals).count();
  }

  /** Returns the services of a name, which differ in their type. */
  List<OfferedService> named(String name) {
    return states.keySet().stream().filter(service -> service.name().equals(name)).toList();
  }

  /** Returns whether an offer with this name has no answer. */
  boolean isOffered(String name) {
    return named(name).stream().anyMatch(service -> states.get(service) == State.OFFERED);
  }

  /** Returns the services that are served. */
  List<OfferedService> served() {
    return states.keySet().stream().filter(service -> states.get(service) == State.SERVED).toList();
  }

  boolean isAnyServed(Collection<OfferedService> services) {
    return services.stream().anyMatch(service -> states.get(service) == State.SERVED);
  }

  /**
   * Returns the services to withdraw. A withdrawal has no type: it would include an offer of
   * another type.
   */
  List<OfferedService> removed(Collection<OfferedService> wanted) {
    return states.keySet().stream()
        .filter(service -> !wanted.contains(service))
        .filter(service -> states.get(service) == State.SERVED && !isOffered(service.name()))
        .toList();
  }

  /**
   * Returns the services that were never offered, then those whose last offer is the longest ago.
   */
  List<OfferedService> due(Set<OfferedService> wanted) {
    long now = System.nanoTime();
    Stream<OfferedService> added = wanted.stream().filter(service -> !states.containsKey(service));
    Stream<OfferedService> declined =
        states.keySet().stream()
            .filter(service -> states.get(service) == State.DECLINED)
            .filter(service -> now - dueNanos.getOrDefault(service, now) >= 0);
    return Stream.concat(added, declined).toList();
  }
}
