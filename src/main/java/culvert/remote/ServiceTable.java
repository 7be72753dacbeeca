package culvert.remote;

import culvert.config.ServiceAddress;
import culvert.session.Datagrams;
import culvert.session.PendingStream;
import culvert.session.Session;
import culvert.session.Visitor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The sessions that serve each service, used in turn. Guarded by the lock of {@link Registry},
 * except for {@link #open} and {@link #openFlow}. The listeners of services are fixed when the role
 * starts. Several sessions serve one service only if each of them asks for sharing.
 */
final class ServiceTable {

  private record Service(
      ServiceAddress address, CopyOnWriteArrayList<Session> sessions, AtomicInteger next) {}

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

  private final Map<String, Service> services = new LinkedHashMap<>();

  /** Sessions that share their services. */
  private final Set<Session> sharing = new HashSet<>();

  /** Creates a table of services that no session serves yet. */
  ServiceTable(Collection<ServiceAddress> addresses) {
    addresses.forEach(address ->
        services.put(
            address.service(),
            new Service(address, new CopyOnWriteArrayList<>(), new AtomicInteger())));
  }

  /** Returns the names of all services. */
  Set<String> names() {
    return services.keySet();
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
    return service != null && service.sessions().remove(session);
  }

  /** Removes the session from every service. */
  void withdrawAll(Session session) {
    services.values().forEach(service -> service.sessions().remove(session));
    sharing.remove(session);
  }

  /** Returns the services that the session serves. */
  List<String> servedBy(Session session) {
    return services.keySet().stream()
        .filter(name -> services.get(name).sessions().contains(session))
        .toList();
  }

  /** Returns whether the session serves any service. */
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
    Service service = services.get(visitor.service());
    IOException why = unserved(visitor.service());
    for (Session session : inTurn(service)) {
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
    Service service = services.get(name);
    IOException why = unserved(name);
    for (Session session : inTurn(service)) {
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
    return services.get(name).sessions().contains(session);
  }

  /** Returns whether other sessions serve the service and this one does not. Takes no lock. */
  boolean isServedByOthersOnly(Session session, String name) {
    List<Session> sessions = services.get(name).sessions();
    return !sessions.isEmpty() && !sessions.contains(session);
  }

  private static List<Session> inTurn(Service service) {
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
