package culvert.origin;

import static culvert.observe.LogEvent.event;

import culvert.config.RemoteAddress;
import culvert.config.ServiceType;
import culvert.net.Durations;
import culvert.observe.LimitedLog;
import culvert.origin.OfferStates.State;
import culvert.protocol.DeclinedReason;
import culvert.session.Offer;
import culvert.session.OfferedService;
import culvert.session.OriginSession;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The services of one session, and the answers of the remote proxy to their offers. Until the
 * offers of the login are answered, nothing changes. From then on a service that the settings add
 * is offered by itself, so that its refusal affects no other one, and offered again after a pause
 * if it was declined. A service that they remove is withdrawn once another one is served: a session
 * without services does not last, and its visitors would end with it.
 */
final class SessionServices {

  /** Repeated offers in the shorter pause; they and their answers are few for the link. */
  private static final int MAX_REPEATED = 128;

  /** Offers without an answer: their messages fit into the link. */
  private static final int MAX_OFFERED = 128;

  private final WantedServices services;
  private final OriginSession session;
  private final RoleParts role;
  private final RemoteAddress remote;

  /** The remote proxy decides how often it declines a service, and with which text. */
  private final LimitedLog<String> lines;

  /** Guarded by the lock. */
  private final UnansweredMessages messages;

  /** Guarded by the lock. */
  private final HealthReports reports;

  /**
   * Guards the fields below, which the session's thread, deadlines and reloads share. Messages are
   * queued with it held, so that they have the order of the changes.
   */
  private final ReentrantLock lock = new ReentrantLock();

  private final OfferStates states = new OfferStates();

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

  /** Repeated offers since the last pause. */
  private int repeated;

  /**
   * Creates the services of a session, none of which is offered yet.
   *
   * @param peer the remote proxy
   */
  SessionServices(
      RemotePeer peer, OriginSession session, RoleParts role, LimitedLog<String> lines) {
    this.services = peer.services();
    this.session = session;
    this.role = role;
    this.remote = peer.address();
    this.lines = lines;
    this.messages = new UnansweredMessages(session);
    this.reports = new HealthReports(role.health(), session, messages, remote, lines);
  }

  /**
   * Returns the services to offer at the login. Those that were declined the last time are offered
   * later: they would keep the others from being served.
   */
  List<OfferedService> login() {
    lock.lock();
    try {
      List<OfferedService> wanted = services.wanted();
      List<OfferedService> first =
          wanted.stream().filter(service -> !services.isDeclined(service)).toList();
      List<OfferedService> offered = first.isEmpty() ? wanted : first;
      offered.forEach(states::offered);
      return offered;
    } finally {
      lock.unlock();
    }
  }

  /** Records that a service is served; its offer replaces one of another type. */
  void served(String name) {
    lock.lock();
    try {
      states.removeServed(name);
      OfferedService service = states.answered(name, State.SERVED);
      boolean isPermitted = permittedEarly.remove(service);
      if (revokedEarly.remove(service)) {
        isOneByOne = true;
        offerAgain(service, DeclinedReason.NOT_PERMITTED, isPermitted);
      } else {
        services.recordServed(service);
        messages.beginChange();
        reports.served(service);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Reports the health of a service, if it has changed and the service is served. */
  void healthChanged(String name) {
    lock.lock();
    try {
      // Only TCP services are checked.
      var service = new OfferedService(name, ServiceType.TCP);
      if (!isEnded && states.get(service) == State.SERVED) {
        messages.beginChange();
        reports.report(service);
        planRetry();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Records that a service cannot be offered in this session. */
  void unsupported(String name) {
    lock.lock();
    try {
      states.answered(name, State.UNSUPPORTED);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Records that a service was declined; returns whether the session continues without it. It
   * affects no other service, as long as one is served or offered; but if there is one remote proxy
   * only and no session has served before, it is an error in the settings.
   *
   * @param together the services that were declined with it
   */
  boolean declined(Offer offer, List<OfferedService> together, DeclinedReason reason, String why) {
    lock.lock();
    try {
      boolean wasComplete = isComplete;
      OfferedService service = states.answered(offer.service(), State.DECLINED);
      revokedEarly.remove(service);
      offerAgain(service, reason, permittedEarly.remove(service));
      if (!isComplete && !services.hasServed() && !role.settings().hasSeveralRemotes()) {
        return false;
      }
      boolean isNew = services.recordDeclined(service, why);
      if (!isComplete) {
        offerOneByOne(together);
      }
      boolean isContinued = wasComplete || states.has(State.OFFERED) || states.has(State.SERVED);
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
      states.named(name).forEach(service -> revoke(service, why));
    } finally {
      lock.unlock();
    }
  }

  /** Records that a service is permitted that was declined or revoked: it is offered at once. */
  void permitted(String name) {
    lock.lock();
    try {
      for (OfferedService service : states.named(name)) {
        if (states.get(service) == State.OFFERED) {
          permittedEarly.add(service);
        } else {
          states.offerNow(service);
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
    if (services.recordDeclined(service, why)) {
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
    states.offerAfter(isDue ? Duration.ZERO : OfferStates.pause(reason), service);
  }

  /** One that cannot be served would keep the others from it again. */
  private void offerOneByOne(List<OfferedService> together) {
    isOneByOne = true;
    for (OfferedService one : together) {
      if (states.removeOffered(one)) {
        // The answers of the login were to other offers.
        revokedEarly.remove(one);
        permittedEarly.remove(one);
      }
    }
    update();
  }

  private void logDeclined(Offer offer, DeclinedReason reason, String why) {
    lines.warn(
        "service not served " + offer.service(),
        event("service not served")
            .with("service", offer)
            .with("cause", why)
            .with("again_in", Durations.of(OfferStates.pause(reason)))
            .with(SessionLoop.REMOTE_PROXY, remote));
  }

  /**
   * Returns whether a service is served, and the offers of the login are answered or each service
   * is offered by itself.
   */
  boolean isLoginComplete() {
    lock.lock();
    try {
      isComplete |= states.has(State.SERVED) && (isOneByOne || !states.has(State.OFFERED));
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
        change(new LinkedHashSet<>(services.wanted()));
        planRetry();
      }
    } finally {
      lock.unlock();
    }
  }

  private void planRetry() {
    boolean isNeeded = states.has(State.DECLINED) || messages.needsPause();
    if (isNeeded && !isRetryPlanned) {
      isRetryPlanned = true;
      role.deadlines().after(OfferStates.OFFER_PAUSE, this::retry);
    }
  }

  private void retry() {
    lock.lock();
    try {
      isRetryPlanned = false;
      repeated = 0;
      messages.pauseEnded();
      update();
      if (!isEnded) {
        reportHealth();
        planRetry();
      }
    } finally {
      lock.unlock();
    }
  }

  /** A service that has to be withdrawn needs no report. */
  private void reportHealth() {
    var wanted = new HashSet<>(services.wanted());
    messages.beginChange();
    states.served().stream().filter(wanted::contains).forEach(reports::report);
  }

  /**
   * Offers what is added, then withdraws what is removed. Messages beyond the limit follow after
   * answers or a pause.
   */
  private void change(Set<OfferedService> wanted) {
    states.retain(wanted);
    messages.beginChange();
    offer(wanted);
    if (states.isAnyServed(wanted)) {
      withdraw(states.removed(wanted));
    }
  }

  private void withdraw(List<OfferedService> removed) {
    for (OfferedService service : removed) {
      if (!messages.tryWithdraw()) {
        return;
      }
      states.remove(service);
      session.withdraw(service.name());
    }
  }

  private void offer(Set<OfferedService> wanted) {
    long unanswered = states.unanswered();
    for (OfferedService service : states.due(wanted)) {
      boolean isRepeated = states.get(service) != null;
      if (unanswered < MAX_OFFERED
          && !states.isOffered(service.name())
          && !(isRepeated && repeated == MAX_REPEATED)) {
        unanswered++;
        repeated += isRepeated ? 1 : 0;
        states.offered(service);
        session.offer(service);
        messages.offered();
      }
    }
  }
}
