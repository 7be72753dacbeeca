package culvert.remote;

import culvert.config.Balance;
import culvert.config.PerService;
import culvert.config.ServiceAddress;
import culvert.config.ServiceType;
import culvert.session.Datagrams;
import culvert.session.Session;
import culvert.session.Visitor;
import java.io.IOException;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The sessions that serve each service, and how its visitors are spread over them. Guarded by the
 * lock of {@link Registry}, except for {@link #open}, {@link #openFlow} and {@link
 * #isServing(Session, String)}. Several sessions serve one service only if each of them asks for
 * sharing.
 *
 * <p>A service without a listener is closed. It keeps the sessions that have offered it, which
 * serve it without a new offer if it is opened again. So do those that have offered it with another
 * type, once the service has that type again. A closed service takes offers only if the settings
 * have it: its address may be in use by another program, and its listener is opened later.
 */
final class ServiceTable {

  /**
   * Opens a flow on a session.
   *
   * @param <F> the flow
   */
  @FunctionalInterface
  interface FlowOpener<F> {
    /**
     * Returns a flow that the session carries. Called again for another session if this one fails.
     *
     * @param use the flow ends it
     * @throws IOException if the session cannot carry it
     */
    F open(SessionUses.Use use, Datagrams datagrams) throws IOException;
  }

  /**
   * Opens anything on a session.
   *
   * @param <T> the result
   */
  private interface Attempt<T> {
    T on(SessionUses.Use use) throws IOException;
  }

  private volatile PerService<Balance> balance = PerService.none();

  /** Visitors read it without the lock. */
  private final ConcurrentMap<String, Service> services = new ConcurrentHashMap<>();

  /** The number of services until now. */
  private long count;

  /** Sessions that share their services. */
  private final Set<Session> sharing = new HashSet<>();

  /** Creates a table of services that no session serves yet. */
  ServiceTable(Collection<ServiceAddress> addresses) {
    addresses.forEach(this::openService);
  }

  /** Sets how the next visitors are spread. */
  void setBalance(PerService<Balance> policies) {
    balance = policies;
  }

  /** Sets the services of the settings. Listeners are opened and closed by other methods. */
  void setWanted(Collection<ServiceAddress> wanted) {
    var names = new HashSet<String>();
    for (ServiceAddress address : wanted) {
      names.add(address.service());
      services.put(address.service(), service(address).wantedAt(address));
    }
    for (String name : services.keySet()) {
      if (!names.contains(name)) {
        services.put(name, services.get(name).unwanted());
        removeUnused(name);
      }
    }
  }

  private Service service(ServiceAddress address) {
    Service known = services.get(address.service());
    return known == null ? Service.at(address, count++) : known;
  }

  /**
   * Opens a service, or moves it to another address. The sessions that have offered it with its
   * type serve it.
   */
  void openService(ServiceAddress address) {
    services.put(address.service(), service(address).openAt(address));
  }

  /** Closes a service, whose listener is closed. */
  void closeService(String name) {
    Service service = services.get(name);
    if (service != null) {
      services.put(name, service.closed());
      removeUnused(name);
    }
  }

  /**
   * Removes a closed service that the settings do not have and no session has offered. One with
   * visitors, who count if it returns, stays until a later change of the settings.
   */
  private void removeUnused(String name) {
    Service service = services.get(name);
    if (service != null && service.isUnused()) {
      services.remove(name);
    }
  }

  /** Returns the open services with their addresses, in the order of the first settings. */
  List<ServiceAddress> addresses() {
    return inOrder(Service::isOpen).map(Service::address).toList();
  }

  private Stream<Service> inOrder(Predicate<Service> which) {
    return services.values().stream()
        .filter(which)
        .sorted(Comparator.comparingLong(Service::position));
  }

  /** Returns the names of the services that can be offered, in the order of {@link #addresses}. */
  List<String> names() {
    return inOrder(Service::isOfferable).map(service -> service.address().service()).toList();
  }

  /** Returns whether a service can be offered. */
  boolean isOfferable(String name) {
    Service service = services.get(name);
    return service != null && service.isOfferable();
  }

  /** Returns the other sessions that serve a service. */
  List<Session> others(Session session, String name) {
    return services.get(name).sessions().stream().filter(other -> other != session).toList();
  }

  /**
   * Returns the sessions that keep another one from serving a service.
   *
   * @param isShared whether the newcomer would share it
   */
  List<Session> holders(Session newcomer, String name, boolean isShared) {
    List<Session> others = others(newcomer, name);
    return isShared && sharing.containsAll(others) ? List.of() : others;
  }

  /** Returns the sessions that serve a service and share it; it may be one only. */
  List<Session> sharers(String name) {
    Service service = services.get(name);
    return service == null
        ? List.of()
        : service.sessions().stream().filter(sharing::contains).toList();
  }

  /** Sets whether the session shares its services. */
  void setShared(Session session, boolean isShared) {
    if (isShared) {
      sharing.add(session);
    } else {
      sharing.remove(session);
    }
  }

  /**
   * Adds the session to a service, in place of its offer of another type; returns whether it did
   * not serve the service before.
   */
  boolean add(Session session, String name) {
    Service service = services.get(name);
    service.offers().values().stream()
        .filter(sessions -> sessions != service.sessions())
        .forEach(sessions -> sessions.remove(session));
    service.order().setHealthy(session, true);
    return service.sessions().addIfAbsent(session);
  }

  /**
   * Sets whether the origin server of a session is healthy; returns whether that is a change. Has
   * no effect if the session does not serve the service.
   */
  boolean setHealthy(Session session, String name, boolean isHealthy) {
    Service service = services.get(name);
    return service != null
        && service.isOfferedBy(session)
        && service.order().setHealthy(session, isHealthy);
  }

  /** Returns the public address of a service, and its type. */
  ServiceAddress address(String name) {
    return services.get(name).address();
  }

  /** Removes the session from a service; returns whether it had offered the service. */
  boolean withdraw(Session session, String name) {
    Service service = services.get(name);
    boolean isWithdrawn = service != null && service.withdraw(session);
    removeUnused(name);
    return isWithdrawn;
  }

  /** Removes the session from every service. */
  void withdrawAll(Session session) {
    servedBy(session).forEach(name -> withdraw(session, name));
    sharing.remove(session);
  }

  /** Returns the services that the session serves, or would serve if they were open. */
  List<String> servedBy(Session session) {
    return inOrder(service -> service.isOfferedBy(session))
        .map(service -> service.address().service())
        .toList();
  }

  /** Returns the sessions that open streams for a service: it is open, and of TCP. */
  List<Session> streaming(String name) {
    Service service = services.get(name);
    boolean hasStreams =
        service != null && service.isOpen() && service.address().type() == ServiceType.TCP;
    return hasStreams ? List.copyOf(service.sessions()) : List.of();
  }

  /** Returns whether the session serves any service, or would serve it if that were open. */
  boolean isServing(Session session) {
    return services.values().stream().anyMatch(service -> service.isOfferedBy(session));
  }

  /**
   * Opens a stream on one of the service's sessions, in the {@link SessionOrder} of its policy; a
   * session that cannot open the stream is skipped. Takes no lock.
   *
   * @throws IOException if no session can, with the reason of the last
   */
  TcpFront.Opened open(Visitor visitor) throws IOException {
    return onOne(
        visitor, use -> new TcpFront.Opened(use.session(), use.session().open(visitor), use::end));
  }

  /**
   * Opens a flow on one of the service's sessions, chosen as by {@link #open}. Takes no lock.
   *
   * @throws IOException if no session can, with the reason of the last
   */
  <F> F openFlow(Visitor visitor, FlowOpener<F> opener) throws IOException {
    return onOne(
        visitor,
        use ->
            opener.open(
                use,
                use.session()
                    .datagrams(visitor.service())
                    .orElseThrow(() -> new IOException("the origin proxy does not support UDP"))));
  }

  private <T> T onOne(Visitor visitor, Attempt<T> attempt) throws IOException {
    Service service = services.get(visitor.service());
    IOException why = unserved(visitor.service());
    // The service may have been removed while its visitor was accepted.
    for (Session session : service == null ? List.<Session>of() : sessionsFor(visitor, service)) {
      SessionUses.Use use = service.order().begin(session);
      boolean isOpen = false;
      try {
        T opened = attempt.on(use);
        isOpen = true;
        return opened;
      } catch (IOException e) {
        why = e;
      } finally {
        if (!isOpen) {
          use.end();
        }
      }
    }
    throw why;
  }

  private List<Session> sessionsFor(Visitor visitor, Service service) {
    if (service.sessions().size() < 2) {
      return service.sessions();
    }
    return service
        .order()
        .next(
            balance.value(visitor.service()).orElse(Balance.ROUND_ROBIN),
            service.sessions(),
            visitor.address().getAddress());
  }

  private static IOException unserved(String name) {
    return new IOException("no origin proxy serves '" + name + "' now");
  }

  /** Returns whether the session serves the service. Takes no lock. */
  boolean isServing(Session session, String name) {
    Service service = services.get(name);
    return service != null && service.isOpen() && service.sessions().contains(session);
  }

  /** Returns whether other sessions serve the service and this one does not. Takes no lock. */
  boolean isServedByOthersOnly(Session session, String name) {
    Service service = services.get(name);
    return service != null
        && !service.sessions().isEmpty()
        && !service.sessions().contains(session);
  }
}
