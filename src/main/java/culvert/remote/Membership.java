package culvert.remote;

import static culvert.remote.SessionLog.about;

import culvert.net.HostPort;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.protocol.ByeReason;
import culvert.session.ServiceRegistry;
import culvert.session.Session;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Admits sessions and registers the services and ports they offer: keeps the {@link Roster} of
 * sessions, the {@link ServiceTable} and the {@link Ports} consistent, and logs each change.
 */
final class Membership implements ServiceRegistry {

  /** Within which the owner of a service must answer before another session may take it over. */
  private static final Duration PROBE_LIMIT = Duration.ofSeconds(1);

  private static final String OWNED =
      "another origin proxy serves it; without a secret the first one keeps it, with one they"
          + " share";

  private final Roster roster;
  private final ServiceTable table;
  private final Ports ports;
  private final SessionLog log;
  private final Counters counters;

  /**
   * Services and ports whose owner is being probed: one probe at a time, whatever the number of
   * sessions that offer the service.
   */
  private final Set<String> probed = ConcurrentHashMap.newKeySet();

  /** Runs when a session's services change. */
  private final Map<Session, Runnable> changes = new ConcurrentHashMap<>();

  /**
   * Creates a registry without sessions.
   *
   * @param maxSessions how many sessions may be active
   * @param confirmed whether every session has proved at login that it knows a secret
   * @param services the public address of each service
   * @param ports those that sessions may request
   */
  Membership(
      int maxSessions,
      boolean confirmed,
      Map<String, HostPort> services,
      Ports ports,
      Counters counters,
      SessionLog log) {
    this.roster = new Roster(maxSessions, confirmed, this::evict);
    this.table = new ServiceTable(services, roster, confirmed);
    this.ports = ports;
    this.counters = counters;
    this.log = log;
  }

  ServiceTable table() {
    return table;
  }

  /** Returns whether the session serves a service or a port. */
  boolean isServing(Session session) {
    return table.isServing(session) || ports.isHolder(session);
  }

  /**
   * Admits a session, or returns why it is refused.
   *
   * @param onChange runs when the session's services change; must not block
   */
  Optional<Roster.Refusal> admit(Session session, Runnable onChange) {
    changes.put(session, onChange);
    return roster.admit(session);
  }

  /** Removes a session that has ended. */
  void remove(Session session) {
    roster.remove(session);
    withdrawAll(session);
    changes.remove(session);
  }

  private void servicesChanged(Session session) {
    changes.getOrDefault(session, () -> {}).run();
  }

  private void evict(Session session, ByeReason reason, String why) {
    counters.count(Counter.SESSIONS_SUPERSEDED);
    log.info(session, about(session, "session superseded").with("cause", why));
    if (reason == ByeReason.SUPERSEDED) {
      close(session, reason, why);
    } else {
      // Its own process has replaced it: no peer reads a reason any more.
      withdrawAll(session);
      session.abort();
    }
  }

  /** Withdraws the session's services; it counts as unauthenticated until it has ended. */
  private void close(Session session, ByeReason reason, String why) {
    withdrawAll(session);
    session.close(reason, why);
    servicesChanged(session);
  }

  private void withdrawAll(Session session) {
    Stream.concat(table.withdrawAll(session).stream(), ports.release(session).stream())
        .forEach(service -> logWithdrawn(session, service));
  }

  private void logWithdrawn(Session session, String service) {
    log.info(session, about(session, "service withdrawn").with("service", service));
  }

  @Override
  public void withdraw(Session session, String service) {
    var withdrawn = new ArrayList<>(ports.release(session, service));
    if (table.withdraw(session, service)) {
      withdrawn.add(service);
    }
    if (!withdrawn.isEmpty()) {
      withdrawn.forEach(name -> logWithdrawn(session, name));
      servicesChanged(session);
    }
  }

  /**
   * A session with visitors keeps its place until it has ended; one without visitors counts as
   * unauthenticated at once.
   */
  @Override
  public void draining(Session session, boolean busy) {
    if (!roster.release(session)) {
      return;
    }
    log.info(session, about(session, "session drain started"));
    withdrawAll(session);
    if (!busy) {
      roster.remove(session);
      servicesChanged(session);
    }
  }

  @Override
  public void offer(Session session, String service, Consumer<Answer> answer) {
    switch (table.claim(session, service)) {
      case ServiceTable.Claim.Served served -> served(session, service, served, answer);
      case ServiceTable.Claim.Declined declined ->
          declined(session, service, declined.why(), answer);
      case ServiceTable.Claim.Owned owned -> {
        if (probed.add(service)) {
          Session owner = owned.owner();
          owner.probe(PROBE_LIMIT, alive -> offerAgain(session, service, owner, alive, answer));
        } else {
          declined(session, service, OWNED, answer);
        }
      }
    }
  }

  /** The probe is over. Meanwhile either session may have ended or been replaced. */
  private void offerAgain(
      Session session, String service, Session owner, boolean isAlive, Consumer<Answer> answer) {
    probed.remove(service);
    if (!isAlive && table.isServing(owner, service) && roster.isActive(session)) {
      replace(owner, session, "did not answer while another session offered its service");
    }
    switch (table.claim(session, service)) {
      case ServiceTable.Claim.Served served -> served(session, service, served, answer);
      case ServiceTable.Claim.Declined declined ->
          declined(session, service, declined.why(), answer);
      case ServiceTable.Claim.Owned owned -> declined(session, service, OWNED, answer);
    }
  }

  @Override
  public void offer(Session session, String service, int port, Consumer<Answer> answer) {
    switch (ports.claim(session, service, port, () -> roster.isActive(session))) {
      case Ports.Claim.Taken taken -> served(session, taken, answer);
      case Ports.Claim.Declined declined ->
          declined(session, service + portName(port), declined.why(), answer);
      case Ports.Claim.Owned owned -> {
        if (probed.add(portName(port))) {
          Session owner = owned.owner();
          owner.probe(
              PROBE_LIMIT, alive -> offerAgain(session, service, port, owner, alive, answer));
        } else {
          declined(session, service + portName(port), Ports.IN_USE, answer);
        }
      }
    }
  }

  /** Differs from every service: no service's name has a colon. */
  private static String portName(int port) {
    return ":" + port;
  }

  private void offerAgain(
      Session session,
      String service,
      int port,
      Session owner,
      boolean isAlive,
      Consumer<Answer> answer) {
    probed.remove(portName(port));
    if (!isAlive && ports.isHolder(owner, port) && roster.isActive(session)) {
      replace(owner, session, "did not answer while another session offered its port");
    }
    switch (ports.claim(session, service, port, () -> roster.isActive(session))) {
      case Ports.Claim.Taken taken -> served(session, taken, answer);
      case Ports.Claim.Declined declined ->
          declined(session, service + portName(port), declined.why(), answer);
      case Ports.Claim.Owned owned ->
          declined(session, service + portName(port), Ports.IN_USE, answer);
    }
  }

  /** The peer receives the address of its port before a visitor from there. */
  private void served(Session session, Ports.Claim.Taken taken, Consumer<Answer> answer) {
    String address = HostPort.of(taken.listener().address()).toString();
    log.info(
        session,
        about(session, "service offered")
            .with("service", taken.service())
            .with("address", address));
    servicesChanged(session);
    answer.accept(new Answer.Served(List.of(address)));
    taken.listener().start();
  }

  private void served(
      Session session, String service, ServiceTable.Claim.Served served, Consumer<Answer> answer) {
    if (served.isNew()) {
      log.info(session, about(session, "service offered").with("service", service));
      servicesChanged(session);
    }
    answer.accept(new Answer.Served(served.addresses()));
  }

  private void declined(Session session, String service, String why, Consumer<Answer> answer) {
    counters.count(Counter.OFFERS_DECLINED);
    log.warn(session, about(session, "offer declined").with("service", service).with("cause", why));
    answer.accept(new Answer.Declined(why));
  }

  /** Closes a session that did not answer a probe in favour of another. */
  private void replace(Session dead, Session by, String why) {
    counters.count(Counter.SESSIONS_SUPERSEDED);
    roster.replace(dead, by);
    close(dead, ByeReason.ERROR, why);
  }
}
