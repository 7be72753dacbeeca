package culvert.origin;

import static culvert.observe.LogEvent.event;

import culvert.net.Deadlines;
import culvert.net.Durations;
import culvert.observe.Log;
import culvert.protocol.DeclinedReason;
import culvert.session.Offer;
import culvert.session.OfferedService;
import culvert.session.OriginSession;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/**
 * The services of one session, and the answers of the remote proxy to their offers. Until the
 * offers of the login are answered, nothing changes. From then on a service that the settings add
 * is offered by itself, so that its refusal affects no other one, and offered again after a pause
 * if it was declined. A service that they remove is withdrawn.
 */
final class SessionServices {

  /** Pause before a service that was declined is offered again. */
  private static final Duration OFFER_PAUSE = Duration.ofSeconds(1);

  /** Offers without an answer, and withdrawals in a pause: their messages fit into the link. */
  private static final int MAX_AT_ONCE = 128;

  private enum State {
    /** Offered, without an answer. */
    OFFERED,
    SERVED,
    /** Offered again after a pause. */
    DECLINED,
    /** Not offered again in this session. */
    UNSUPPORTED
  }

  private final WantedServices role;
  private final OriginSession session;
  private final Deadlines deadlines;
  private final Log log;

  /**
   * Guards the fields below, which the session's thread, deadlines and reloads share. Messages are
   * queued with it held, so that they have the order of the changes.
   */
  private final ReentrantLock lock = new ReentrantLock();

  /** Without those that were not offered or were withdrawn; in the order of the last answers. */
  private final Map<OfferedService, State> states = new LinkedHashMap<>();

  private boolean isComplete;
  private boolean isEnded;
  private boolean isRetryPlanned;

  /** Withdrawals since the last pause. */
  private int withdrawn;

  /** Creates the services of a session, none of which is offered yet. */
  SessionServices(WantedServices role, OriginSession session, Deadlines deadlines, Log log) {
    this.role = role;
    this.session = session;
    this.deadlines = deadlines;
    this.log = log;
  }

  /**
   * Returns the services to offer at the login. Those that were declined the last time are offered
   * later: they would keep the others from being served.
   */
  List<OfferedService> login() {
    lock.lock();
    try {
      List<OfferedService> wanted = role.wanted();
      List<OfferedService> first =
          wanted.stream().filter(service -> !role.isDeclined(service)).toList();
      List<OfferedService> offered = first.isEmpty() ? wanted : first;
      offered.forEach(service -> states.put(service, State.OFFERED));
      return offered;
    } finally {
      lock.unlock();
    }
  }

  /** Records that a service is served. */
  void served(String name) {
    lock.lock();
    try {
      role.served(change(name, State.SERVED));
    } finally {
      lock.unlock();
    }
  }

  /** Records that a service cannot be offered in this session. */
  void unsupported(String name) {
    lock.lock();
    try {
      change(name, State.UNSUPPORTED);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Records that a service was declined; returns whether the session continues without it. One that
   * is added later affects no other one. Nor does one of the login that the remote proxy does not
   * have any more; before any session has served, that is an error in the settings.
   */
  boolean declined(Offer offer, DeclinedReason reason, String why) {
    lock.lock();
    try {
      OfferedService service = change(offer.service(), State.DECLINED);
      boolean isMissing = reason == DeclinedReason.SETTINGS && role.hasServed();
      boolean isAnyLeft = has(State.OFFERED) || has(State.SERVED);
      boolean isContinued = isComplete || isMissing && isAnyLeft;
      if (isContinued && role.declined(service, why)) {
        log.warn(
            event("service not served")
                .with("service", offer)
                .with("cause", why)
                .with("again_in", Durations.of(OFFER_PAUSE)));
      }
      return isContinued;
    } finally {
      lock.unlock();
    }
  }

  private OfferedService change(String name, State next) {
    OfferedService service =
        states.keySet().stream()
            .filter(one -> one.name().equals(name) && states.get(one) == State.OFFERED)
            .findFirst()
            .orElseThrow(() -> new IllegalStateException("not offered: " + name));
    states.remove(service);
    states.put(service, next);
    return service;
  }

  private boolean has(State state) {
    return states.containsValue(state);
  }

  /** Returns whether the offers of the login are answered, and a service is served. */
  boolean isLoginComplete() {
    lock.lock();
    try {
      isComplete |= !has(State.OFFERED) && has(State.SERVED);
      return isComplete;
    } finally {
      lock.unlock();
    }
  }

  /** Changes nothing any more: the session is about to end. */
  void end() {
    lock.lock();
    try {
      isEnded = true;
    } finally {
      lock.unlock();
    }
  }

  /** Offers and withdraws services as the settings want now; does not block. */
  void update() {
    update(false);
  }

  private void retry() {
    lock.lock();
    try {
      isRetryPlanned = false;
      withdrawn = 0;
      update(true);
    } finally {
      lock.unlock();
    }
  }

  private void update(boolean isRetry) {
    lock.lock();
    try {
      if (isComplete && !isEnded) {
        change(new LinkedHashSet<>(role.wanted()), isRetry);
        planRetry();
      }
    } finally {
      lock.unlock();
    }
  }

  private void planRetry() {
    if ((has(State.DECLINED) || withdrawn > 0) && !isRetryPlanned) {
      isRetryPlanned = true;
      deadlines.after(OFFER_PAUSE, this::retry);
    }
  }

  /**
   * Additions come first, so that the session always serves something. A service that changes its
   * type is withdrawn before. One whose offer has no answer yet is withdrawn after the answer. What
   * exceeds the limit of messages follows after answers or a pause.
   */
  private void change(Set<OfferedService> wanted, boolean isRetry) {
    states
        .entrySet()
        .removeIf(one -> !wanted.contains(one.getKey()) && isNotServed(one.getValue()));
    offer(wanted, isRetry);
    List<OfferedService> removed =
        states.keySet().stream()
            .filter(one -> !wanted.contains(one) && states.get(one) == State.SERVED)
            .limit(MAX_AT_ONCE - withdrawn)
            .toList();
    for (OfferedService service : removed) {
      withdrawn++;
      states.remove(service);
      session.withdraw(service.name());
    }
    offer(wanted, false);
  }

  private static boolean isNotServed(State state) {
    return state == State.DECLINED || state == State.UNSUPPORTED;
  }

  private void offer(Set<OfferedService> wanted, boolean isRetry) {
    long unanswered = states.values().stream().filter(State.OFFERED::equals).count();
    for (OfferedService service : due(wanted, isRetry)) {
      if (unanswered < MAX_AT_ONCE && !isNameUsed(service)) {
        unanswered++;
        states.put(service, State.OFFERED);
        session.offer(service);
      }
    }
  }

  /**
   * Returns the services that were never offered, then those whose last offer is the longest ago.
   */
  private List<OfferedService> due(Set<OfferedService> wanted, boolean isRetry) {
    Stream<OfferedService> added = wanted.stream().filter(service -> !states.containsKey(service));
    Stream<OfferedService> declined =
        states.keySet().stream()
            .filter(service -> isRetry && states.get(service) == State.DECLINED);
    return Stream.concat(added, declined).toList();
  }

  /** Returns whether a service of this name and another type is offered or served. */
  private boolean isNameUsed(OfferedService service) {
    return states.keySet().stream()
        .anyMatch(one -> one.name().equals(service.name()) && !one.equals(service));
  }
}
