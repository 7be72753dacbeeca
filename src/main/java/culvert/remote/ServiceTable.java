package culvert.remote;

import culvert.config.ServiceAddress;
import culvert.session.Datagrams;
import culvert.session.PendingStream;
import culvert.session.Session;
import culvert.session.Visitor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/**
 * The sessions that serve each service, used in turn. Guarded by the lock of {@link Registry},
 * except for {@link #open}, {@link #openFlow} and {@link #isServing(Session, String)}. Several
 * sessions serve one service only if each of them asks for sharing.
 *
 * <p>A service without a listener is closed: it takes no offers, and keeps the sessions that have
 * offered it. If it is opened again, they serve it without a new offer.
 */
final class ServiceTable {

  private record Service(
      ServiceAddress address,
      boolean isOpen,
      CopyOnWriteArrayList<Session> sessions,
      AtomicInteger next) {

    /** Returns a service that no session serves yet. */
    static Service at(ServiceAddress address) {
      return new Service(address, true, new CopyOnWriteArrayList<>(), new AtomicInteger());
    }

    /** Returns the service at another address, with its sessions. */
    Service movedTo(ServiceAddress other) {
      return new Service(other, true, sessions, next);
    }

    /** Returns the service without a listener. */
    Service closed() {
      return new Service(address, false, sessions, next);
    }
  }

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
     * @throws IOException if the session cannot carry it
     */
    F open(Session session, Datagrams datagrams) throws IOException;
  }

  /** Replaced by each change, because visitors read it without the lock. */
  private volatile Map<String, Service> services = Map.of();

  /** Sessions that share their services. */
  private final Set<Session> sharing = new HashSet<>();

  /** Creates a table of services that no session serves yet. */
  ServiceTable(Collection<ServiceAddress> addresses) {
    addresses.forEach(this::openService);
  }

  /**
   * Opens a service, or moves it to another address. Sessions that have offered it serve it, unless
   * its type has changed.
   *
   * @return the sessions that have lost the service
   */
  List<Session> openService(ServiceAddress address) {
    Service before = services.get(address.service());
    boolean isKept = before != null && before.address().type() == address.type();
    put(isKept ? before.movedTo(address) : Service.at(address));
    return isKept || before == null ? List.of() : List.copyOf(before.sessions());
  }

  /** Closes a service, whose listener is closed. */
  void closeService(String name) {
    Service service = services.get(name);
    if (service != null) {
      put(service.closed());
      removeUnused();
    }
  }

  private void put(Service service) {
    var next = new LinkedHashMap<>(services);
    next.put(service.address().service(), service);
    services = Collections.unmodifiableMap(next);
  }

  /** Removes the closed services that no session has offered any more. */
  private void removeUnused() {
    boolean isUnused = services.values().stream().anyMatch(ServiceTable::isUnused);
    if (isUnused) {
      var next = new LinkedHashMap<>(services);
      next.values().removeIf(ServiceTable::isUnused);
      services = Collections.unmodifiableMap(next);
    }
  }

  private static boolean isUnused(Service service) {
    return !service.isOpen() && service.sessions().isEmpty();
  }

  /** Returns the open services with their addresses. */
  List<ServiceAddress> addresses() {
    return services.values().stream().filter(Service::isOpen).map(Service::address).toList();
  }

  /** Returns the names of the open services. */
  Set<String> names() {
    return addresses().stream()
        .map(ServiceAddress::service)
        .collect(Collectors.toCollection(LinkedHashSet::new));
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

  /** Adds the session to a service; returns whether it did not serve the service before. */
  boolean add(Session session, String name) {
    return services.get(name).sessions().addIfAbsent(session);
  }

  /** Returns the public address of a service, and its type. */
  ServiceAddress address(String name) {
    return services.get(name).address();
  }

  /** Removes the session from a service; returns whether it served the service. */
  boolean withdraw(Session session, String name) {
    Service service = services.get(name);
    boolean isServing = service != null && service.sessions().remove(session);
    removeUnused();
    return isServing;
  }

  /** Removes the session from every service. */
  void withdrawAll(Session session) {
    services.values().forEach(service -> service.sessions().remove(session));
    sharing.remove(session);
    removeUnused();
  }

  /** Returns the services that the session serves, or would serve if they were open. */
  List<String> servedBy(Session session) {
    return services.values().stream()
        .filter(service -> service.sessions().contains(session))
        .map(service -> service.address().service())
        .toList();
  }

  /** Returns whether the session serves any service, or would serve it if that were open. */
  boolean isServing(Session session) {
    return services.values().stream().anyMatch(service -> service.sessions().contains(session));
  }

  /**
   * Opens a stream on one of the service's sessions, in turn. A session whose peer has not answered
   * a probe yet comes last; a session that cannot open the stream is skipped. Takes no lock.
   *
   * @throws IOException if no session can, with the reason of the last
   */
  PendingStream open(Visitor visitor) throws IOException {
    IOException why = unserved(visitor.service());
    for (Session session : inTurn(visitor.service())) {
      try {
        return session.open(visitor);
      } catch (IOException e) {
        why = e;
      }
    }
    throw why;
  }

  /**
   * Opens a flow on one of the service's sessions, chosen as by {@link #open}. Takes no lock.
   *
   * @throws IOException if no session can, with the reason of the last
   */
  <F> F openFlow(String name, FlowOpener<F> opener) throws IOException {
    IOException why = unserved(name);
    for (Session session : inTurn(name)) {
      try {
        Datagrams datagrams =
            session
                .datagrams(name)
                .orElseThrow(() -> new IOException("the origin proxy does not support UDP"));
        return opener.open(session, datagrams);
      } catch (IOException e) {
        why = e;
      }
    }
    throw why;
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

  /** Returns no session if the service was removed while its visitor was accepted. */
  private List<Session> inTurn(String name) {
    Service service = services.get(name);
    if (service == null) {
      return List.of();
    }
    Object[] sessions = service.sessions().toArray();
    int turn = service.next().getAndIncrement();
    var inTurn = new ArrayList<Session>(sessions.length);
    var quiet = new ArrayList<Session>();
    for (int i = 0; i < sessions.length; i++) {
      Session session = (Session) sessions[Math.floorMod(turn + i, sessions.length)];
      (session.isQuiet() ? quiet : inTurn).add(session);
    }
    inTurn.addAll(quiet);
    return inTurn;
  }
}
