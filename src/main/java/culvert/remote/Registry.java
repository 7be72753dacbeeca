package culvert.remote;

import static culvert.observe.LogEvent.event;
import static culvert.remote.SessionLog.about;

import culvert.config.RemoteSettings;
import culvert.config.ServiceAddress;
import culvert.net.Deadlines;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.protocol.ByeReason;
import culvert.session.Offer;
import culvert.session.ServiceRegistry;
import culvert.session.Session;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The sessions of a remote proxy, their names, services, ports and listeners. All of them are
 * guarded by one lock, so that a login is checked against all at once. Every change is logged.
 */
final class Registry implements ServiceRegistry, AutoCloseable {

  private final RegistryTables tables;
  private final Registrar registrar;
  private final SharingNotices notices;
  private final SessionLog log;
  private final Counters counters;

  /**
   * Guards the tables and every {@link Registration}. It is taken at the rate of logins, and never
   * by a visitor. While it is held, no socket is bound, closed, read or written, nothing is logged,
   * and no session is called.
   */
  private final ReentrantLock lock = new ReentrantLock();

  /** Runs when a session's services change. */
  private final Map<Session, Runnable> changes = new ConcurrentHashMap<>();

  /** Creates a registry without sessions. */
  Registry(
      RegistryTables tables,
      PortListener.Binder binder,
      Deadlines deadlines,
      Counters counters,
      SessionLog log) {
    this.tables = tables;
    this.notices = new SharingNotices(this, deadlines);
    this.registrar = new Registrar(this, binder, counters, log);
    this.counters = counters;
    this.log = log;
  }

  /** Runs a function that does not block while holding the lock; returns its result. */
  <T> T locked(Function<RegistryTables, T> change) {
    lock.lock();
    try {
      return change.apply(tables);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Uses settings for later logins, offers and requests of ports. The sessions of a client end if
   * it was removed or has another secret; otherwise services end that it may not offer any more.
   */
  void apply(RemoteSettings changed) {
    RegistryTables.Revocations lost =
        locked(all -> {
          all.roster().apply(changed.connectionLimits().sessions(), changed.isPeerAuthenticated());
          all.ports().setRange(changed.ports());
          all.services().setWanted(changed.services());
          all.services().setBalance(changed.rules().balance());
          return all.setClients(changed);
        });
    lost.ended().forEach(this::end);
    lost.revoked().forEach(this::revoke);
    lost.permitted().forEach((session, services) -> services.forEach(session::permitted));
    if (!lost.kept().isEmpty()) {
      logKept(lost.kept());
    }
  }

  /** Only a restart ends them: a secret that all origin proxies have is replaced step by step. */
  private void logKept(List<Session> kept) {
    log.warn(
        kept.getFirst(),
        event("sessions kept")
            .with("sessions", kept.size())
            .with("cause", "they have not logged in with a secret of the current settings"));
  }

  /** Its visitors are reset too: another person may have the secret. */
  private void end(RegistryTables.Withdrawal lost, String why) {
    counters.count(Counter.SESSIONS_REVOKED);
    log.warn(lost.session(), about(lost.session(), "session revoked").with("cause", why));
    close(lost, ByeReason.CREDENTIALS, why);
  }

  private void revoke(RegistryTables.Revoked one) {
    Session session = one.lost().session();
    counters.count(Counter.SERVICES_REVOKED);
    log.warn(
        session,
        about(session, "service revoked").with("service", one.service()).with("cause", one.why()));
    withdrawn(one.lost());
    session.revoked(one.service(), one.why());
    servicesChanged(session);
  }

  /** Returns whether the session has served, and has not withdrawn its last service. */
  boolean isServing(Session session) {
    return locked(all -> all.roster().isServing(session));
  }

  /**
   * Admits a session, or returns why it is refused. It takes over its name with {@link #register}.
   *
   * @param onChange runs when the session's services change; must not block
   */
  Optional<Roster.Refusal> admit(Session session, Runnable onChange) {
    changes.put(session, onChange);
    Roster.Admission admission = locked(all -> all.admit(session));
    admission
        .abandoned()
        .forEach(old -> evict(new RegistryTables.Withdrawal(old, List.of(), List.of()), session));
    return admission.refusal();
  }

  /** Ends a session that has lost its name to another one. */
  void evict(RegistryTables.Withdrawal lost, Session by) {
    Session old = lost.session();
    boolean isSameProcess = old.identity().equals(by.identity());
    String why =
        isSameProcess
            ? "the same process has logged in again"
            : Roster.taken(old.identity().orElseThrow());
    counters.count(Counter.SESSIONS_SUPERSEDED);
    log.info(old, about(old, "session superseded").with("cause", why));
    if (isSameProcess) {
      // Its own process has replaced it: no peer reads a reason any more.
      withdrawn(lost);
      old.abort();
    } else {
      close(lost, ByeReason.SUPERSEDED, why);
    }
  }

  /** Closes a session that serves nothing; it counts as unauthenticated until it has ended. */
  void close(RegistryTables.Withdrawal lost, ByeReason reason, String why) {
    withdrawn(lost);
    lost.session().close(reason, why);
    servicesChanged(lost.session());
  }

  /** Returns the notices for sessions that share a service. */
  SharingNotices notices() {
    return notices;
  }

  /** Runs the session's action for a change of its services. */
  void servicesChanged(Session session) {
    changes.getOrDefault(session, () -> {}).run();
  }

  /** Closes the listeners that a session has lost, and logs the withdrawn services. */
  private void withdrawn(RegistryTables.Withdrawal lost) {
    var listeners = lost.ports().stream().map(PortTable.Held::listener).toList();
    listeners.forEach(PortListener::close);
    lost.names()
        .forEach(name ->
            log.info(
                lost.session(), about(lost.session(), "service withdrawn").with("service", name)));
    free(listeners);
    notices.servicesChanged(lost.names());
  }

  /** Frees the ports of closed listeners, and continues the registrations that wait for them. */
  void free(List<PortListener> closed) {
    locked(all -> closed.stream().flatMap(one -> all.ports().free(one).stream()).toList())
        .forEach(Runnable::run);
  }

  /** Removes a session that has ended. */
  void remove(Session session) {
    withdrawn(
        locked(all -> {
          all.roster().remove(session);
          all.refused().remove(session);
          return all.withdrawAll(session);
        }));
    changes.remove(session);
  }

  @Override
  public void register(
      Session session, List<Offer> offers, boolean isShared, Consumer<Answer> answer) {
    registrar.proceed(new Registration(session, offers, isShared, answer));
  }

  @Override
  public void withdraw(Session session, String service) {
    boolean wasServing = isServing(session);
    RegistryTables.Withdrawal lost = locked(all -> all.withdraw(session, service));
    withdrawn(lost);
    // A session that keeps its place after a revocation may have no service to lose.
    if (!lost.names().isEmpty() || wasServing != isServing(session)) {
      servicesChanged(session);
    }
  }

  @Override
  public void setHealthy(Session session, String service, boolean isHealthy) {
    if (!locked(all -> all.services().setHealthy(session, service, isHealthy))) {
      return;
    }
    if (isHealthy) {
      log.info(session, about(session, "service healthy").with("service", service));
    } else {
      counters.count(Counter.SERVICES_UNHEALTHY);
      log.warn(session, about(session, "service unhealthy").with("service", service));
    }
  }

  /**
   * A session with visitors keeps its place until it has ended; one without visitors counts as
   * unauthenticated at once.
   */
  @Override
  public void draining(Session session, boolean busy) {
    Optional<RegistryTables.Withdrawal> lost =
        locked(all ->
            all.roster().release(session)
                ? Optional.of(all.withdrawAll(session))
                : Optional.empty());
    if (lost.isEmpty()) {
      return;
    }
    log.info(session, about(session, "session drain started"));
    withdrawn(lost.get());
    if (!busy) {
      locked(all -> {
        all.roster().remove(session);
        return null;
      });
      servicesChanged(session);
    }
  }

  /**
   * Adds a listener that is bound and not started, in place of the one of its key; the caller
   * closes that one. Returns false if the listeners of this kind were closed.
   */
  boolean open(ListenerTable.Open one) {
    return change(one.spec().key(), all -> all.open(one));
  }

  /** Removes a listener, which the caller closes. Visitors and sessions stay. */
  void close(ListenerSpec.Key key) {
    change(
        key,
        all -> {
          all.close(key);
          return null;
        });
  }

  /** Changes a listener, and reports to the sessions whether they have visitors of its service. */
  private <T> T change(ListenerSpec.Key key, Function<RegistryTables, T> change) {
    String service = key.service();
    var before = new ArrayList<Session>();
    var after = new ArrayList<Session>();
    T result =
        locked(all -> {
          before.addAll(all.services().streaming(service));
          T changed = change.apply(all);
          after.addAll(all.services().streaming(service));
          return changed;
        });
    before.stream().filter(one -> !after.contains(one)).forEach(one -> one.serviceClosed(service));
    after.stream().filter(one -> !before.contains(one)).forEach(one -> opened(one, service));
    return result;
  }

  private void opened(Session session, String service) {
    session.serviceOpened(service);
    closeIfLost(session, service);
  }

  /** Closes a service that the session has lost while that was reported as open. */
  void closeIfLost(Session session, String service) {
    if (!locked(all -> all.services().streaming(service).contains(session))) {
      session.serviceClosed(service);
    }
  }

  /**
   * Adds a listener that was replaced, which may stay open for the data channels of its sessions.
   * Returns false if the listeners of its kind were closed; the caller closes this one too.
   */
  boolean retire(ListenerTable.Open one) {
    return locked(all -> all.listeners().retire(one));
  }

  /** Removes a listener that was replaced; returns whether the caller has to close it. */
  boolean removeRetired(ListenerTable.Open one) {
    return locked(all -> all.listeners().removeRetired(one));
  }

  /** Returns the listeners that were replaced and are open. */
  List<ListenerTable.Open> retiredListeners() {
    return locked(all -> all.listeners().retired());
  }

  /** Returns the open listeners. */
  List<ListenerTable.Open> listeners() {
    return locked(all -> all.listeners().all());
  }

  /** Returns an open listener. */
  Optional<ListenerTable.Open> listener(ListenerSpec.Key key) {
    return locked(all -> all.listeners().get(key));
  }

  /** Returns the open services with their bound addresses. */
  List<ServiceAddress> services() {
    return locked(all -> all.services().addresses());
  }

  /** Closes the listeners of origin proxies for good. */
  void closeControl() {
    close(ListenerSpec.Kind.ENDPOINT, BoundListener::close);
  }

  /** Accepts no new visitors, and declines every later request for a port. */
  void stopVisitors() {
    closeVisitors(BoundListener::stop);
  }

  private void closeVisitors(Consumer<BoundListener> end) {
    close(ListenerSpec.Kind.SERVICE, end);
    locked(all -> all.ports().close()).forEach(port -> port.listener().close());
  }

  private void close(ListenerSpec.Kind kind, Consumer<BoundListener> end) {
    locked(all -> all.listeners().close(kind)).forEach(end);
  }

  /** Closes all listeners for good, and declines every later request for a port. */
  @Override
  public void close() {
    closeControl();
    closeVisitors(BoundListener::close);
  }
}
