package culvert.origin;

import static culvert.observe.LogEvent.event;

import culvert.net.Deadlines;
import culvert.net.Durations;
import culvert.observe.LimitedLog;
import culvert.protocol.DeclinedReason;
import culvert.session.Offer;
import culvert.session.OfferedService;
import culvert.session.OriginSession;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
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
 * if it was declined. A service that they remove is withdrawn once another one is served: a session
 * without services does not last, and its visitors would end with it.
 */
final class SessionServices {

  /** Pause before a service that the remote proxy does not have is offered again. */
  private static final Duration OFFER_PAUSE = Duration.ofMillis(500);

  /**
   * Pause before a service that another origin proxy has is offered again, since each offer probes
   * the other one, which loses the service if it does not answer; and before one that is not
   * permitted, because the remote proxy notifies the origin proxy if it is permitted later.
   */
  private static final Duration LONG_PAUSE = Duration.ofSeconds(15);

  /** Repeated offers in the shorter pause; they and their answers are few for the link. */
  private static final int MAX_REPEATED = 128;

  /** Offers without an answer: their messages fit into the link. */
  private static final int MAX_OFFERED = 128;

  /** Withdrawals in a pause, which have no answer; none while earlier messages are unsent. */
  private static final int MAX_WITHDRAWN = 64;

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

  /** The remote proxy decides how often it declines a service, and with which text. */
  private final LimitedLog<String> lines;

  /**
   * Guards the fields below, which the session's thread, deadlines and reloads share. Messages are
   * queued with it held, so that they have the order of the changes.
   */
  private final ReentrantLock lock = new ReentrantLock();

  /** Without those that were not offered or were withdrawn; in the order of the last answers. */
  private final Map<OfferedService, State> states = new LinkedHashMap<>();

  /** When the services that were declined are offered again. */
  private final Map<OfferedService, Long> dueNanos = new HashMap<>();

  /** Revoked before their offer was answered: the answer is older than the revocation. */
  private final Set<OfferedService> revokedEarly = new HashSet<>();

  /** Permitted before their offer was answered: a refusal is older than the permission. */
  private final Set<OfferedService> permittedEarly = new HashSet<>();

  /** Whether a service is served, and each of the others is offered by itself. */
  private boolean isComplete;

  /** Whether the offers of the login were declined, and each service is offered by itself. */
  private boolean isOneByOne;

  private boolean isEnded;
  private boolean isRetryPlanned;

  /** Withdrawals since the last pause. */
  private int withdrawn;

  /** Whether there are services to withdraw after a pause. */
  private boolean isWithdrawalDue;

  /** Repeated offers since the last pause. */
  private int repeated;

  /** Creates the services of a session, none of which is offered yet. */
  SessionServices(
      WantedServices role, OriginSession session, Deadlines deadlines, LimitedLog<String> lines) {
    this.role = role;
    this.session = session;
    this.deadlines = deadlines;
    this.lines = lines;
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

  /** Records that a service is served; its offer replaces one of another type. */
  void served(String name) {
    lock.lock();
    try {
      states
          .entrySet()
          .removeIf(one -> one.getKey().name().equals(name) && one.getValue() == State.SERVED);
      OfferedService service = change(name, State.SERVED);
      boolean isPermitted = permittedEarly.remove(service);
      if (revokedEarly.remove(service)) {
        isOneByOne = true;
        offerAgain(service, DeclinedReason.NOT_PERMITTED, isPermitted);
      } else {
        role.recordServed(service);
      }
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
   * Records that a service was declined; returns whether the session continues without it. Before
   * any session has served, that is an error in the settings. Later it affects no other service, as
   * long as one is served or offered.
   *
   * @param together the services that were declined with it
   */
  boolean declined(Offer offer, List<OfferedService> together, DeclinedReason reason, String why) {
    lock.lock();
    try {
      boolean wasComplete = isComplete;
      OfferedService service = change(offer.service(), State.DECLINED);
      revokedEarly.remove(service);
      offerAgain(service, reason, permittedEarly.remove(service));
      if (!isComplete && !role.hasServed()) {
        return false;
      }
      boolean isNew = role.recordDeclined(service, why);
      if (!isComplete) {
        offerOneByOne(together);
      }
      boolean isContinued = wasComplete || has(State.OFFERED) || has(State.SERVED);
      if (isContinued && isNew) {
        logDeclined(offer, reason, why);
      }
      return isContinued;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Records that a service is not served any more; it is offered again as if it was declined. The
   * remote proxy may answer an offer after it has revoked the service.
   */
  void revoked(String name, String why) {
    lock.lock();
    try {
      for (OfferedService service : List.copyOf(states.keySet())) {
        if (service.name().equals(name)) {
          revoke(service, why);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Records that a service is permitted that was declined or revoked: it is offered at once. */
  void permitted(String name) {
    lock.lock();
    try {
      for (OfferedService service : states.keySet()) {
        if (service.name().equals(name) && states.get(service) == State.OFFERED) {
          permittedEarly.add(service);
        } else if (service.name().equals(name)) {
          dueNanos.put(service, System.nanoTime());
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private void revoke(OfferedService service, String why) {
    switch (states.get(service)) {
      case OFFERED -> {
        revokedEarly.add(service);
        permittedEarly.remove(service);
      }
      case SERVED -> offerAgain(service, DeclinedReason.NOT_PERMITTED, false);
      case DECLINED, UNSUPPORTED -> {
        return;
      }
    }
    if (role.recordDeclined(service, why)) {
      var offer = Offer.of(service.name(), service.type());
      logDeclined(offer, DeclinedReason.NOT_PERMITTED, why);
    }
  }

  /**
   * Plans an offer. The service becomes the last one in the order of the answers.
   *
   * @param isPermitted whether it was permitted after the answer
   */
  private void offerAgain(OfferedService service, DeclinedReason reason, boolean isPermitted) {
    boolean isDue = isPermitted && reason == DeclinedReason.NOT_PERMITTED;
    states.remove(service);
    states.put(service, State.DECLINED);
    dueNanos.put(service, System.nanoTime() + (isDue ? 0 : pause(reason).toNanos()));
  }

  /** One that cannot be served would keep the others from it again. */
  private void offerOneByOne(List<OfferedService> together) {
    isOneByOne = true;
    for (OfferedService one : together) {
      if (states.remove(one, State.OFFERED)) {
        // The answers of the login were to other offers.
        revokedEarly.remove(one);
        permittedEarly.remove(one);
      }
    }
    update();
  }

  private static Duration pause(DeclinedReason reason) {
    return switch (reason) {
      case SETTINGS -> OFFER_PAUSE;
      case IN_USE, NOT_PERMITTED -> LONG_PAUSE;
    };
  }

  private void logDeclined(Offer offer, DeclinedReason reason, String why) {
    lines.warn(
        "service not served " + offer.service(),
        event("service not served")
            .with("service", offer)
            .with("cause", why)
            .with("again_in", Durations.of(pause(reason))));
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

  /**
   * Returns whether a service is served, and the offers of the login are answered or each service
   * is offered by itself.
   */
  boolean isLoginComplete() {
    lock.lock();
    try {
      isComplete |= has(State.SERVED) && (isOneByOne || !has(State.OFFERED));
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
    lock.lock();
    try {
      if ((isComplete || isOneByOne) && !isEnded) {
        change(new LinkedHashSet<>(role.wanted()));
        planRetry();
      }
    } finally {
      lock.unlock();
    }
  }

  private void planRetry() {
    if ((has(State.DECLINED) || withdrawn > 0 || isWithdrawalDue) && !isRetryPlanned) {
      isRetryPlanned = true;
      deadlines.after(OFFER_PAUSE, this::retry);
    }
  }

  private void retry() {
    lock.lock();
    try {
      isRetryPlanned = false;
      withdrawn = 0;
      repeated = 0;
      update();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Offers what is added, then withdraws what is removed. What exceeds the limit of messages
   * follows after answers or a pause.
   */
  private void change(Set<OfferedService> wanted) {
    states
        .entrySet()
        .removeIf(one -> !wanted.contains(one.getKey()) && isNotServed(one.getValue()));
    dueNanos.keySet().retainAll(states.keySet());
    // Offers have answers, which limit their number.
    boolean isBlocked = withdrawn == 0 && session.hasUnsentMessages();
    offer(wanted);
    withdraw(isAnyServed(wanted) ? removed(wanted) : List.of(), isBlocked);
  }

  private void withdraw(List<OfferedService> removed, boolean isBlocked) {
    int count = isBlocked ? 0 : Math.min(removed.size(), MAX_WITHDRAWN - withdrawn);
    for (OfferedService service : removed.subList(0, count)) {
      withdrawn++;
      states.remove(service);
      session.withdraw(service.name());
    }
    isWithdrawalDue = count < removed.size();
  }

  private List<OfferedService> removed(Set<OfferedService> wanted) {
    return states.keySet().stream()
        .filter(one -> !wanted.contains(one) && canWithdraw(one))
        .toList();
  }

  private static boolean isNotServed(State state) {
    return state == State.DECLINED || state == State.UNSUPPORTED;
  }

  private boolean isAnyServed(Set<OfferedService> wanted) {
    return wanted.stream().anyMatch(service -> states.get(service) == State.SERVED);
  }

  /** A withdrawal has no type: it would include an offer of another type. */
  private boolean canWithdraw(OfferedService service) {
    return states.get(service) == State.SERVED && !isOffered(service.name());
  }

  private boolean isOffered(String name) {
    return states.entrySet().stream()
        .anyMatch(one -> one.getKey().name().equals(name) && one.getValue() == State.OFFERED);
  }

  private void offer(Set<OfferedService> wanted) {
    long unanswered = states.values().stream().filter(State.OFFERED::equals).count();
    for (OfferedService service : due(wanted)) {
      boolean isRepeated = states.containsKey(service);
      if (unanswered < MAX_OFFERED
          && !isOffered(service.name())
          && !(isRepeated && repeated == MAX_REPEATED)) {
        unanswered++;
        repeated += isRepeated ? 1 : 0;
        states.put(service, State.OFFERED);
        session.offer(service);
      }
    }
  }

  /**
   * Returns the services that were never offered, then those whose last offer is the longest ago.
   */
  private List<OfferedService> due(Set<OfferedService> wanted) {
    long now = System.nanoTime();
    Stream<OfferedService> added = wanted.stream().filter(service -> !states.containsKey(service));
    Stream<OfferedService> declined =
        states.keySet().stream()
            .filter(service -> states.get(service) == State.DECLINED)
            .filter(service -> now - dueNanos.getOrDefault(service, now) >= 0);
    return Stream.concat(added, declined).toList();
  }
}
