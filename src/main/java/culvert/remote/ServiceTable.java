package culvert.remote;

import culvert.net.HostPort;
import culvert.session.PendingStream;
import culvert.session.Session;
import culvert.session.Visitor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The sessions that serve each service, used in turn. Guarded by the lock of {@link Registry},
 * except for {@link #open}. The listeners of services are fixed when the role starts. Without a
 * secret, the first session to offer a service owns it until it ends; with a secret, which confirms
 * every login, sessions share it.
 */
final class ServiceTable {

  private record Service(
      HostPort address, CopyOnWriteArrayList<Session> sessions, AtomicInteger next) {}

  private final Map<String, Service> services = new LinkedHashMap<>();
  private final boolean shared;

  /**
   * Creates a table of services that no session serves yet.
   *
   * @param shared whether several sessions may serve one service
   */
  ServiceTable(Map<String, HostPort> addresses, boolean shared) {
    addresses.forEach((name, address) ->
        services.put(
            name, new Service(address, new CopyOnWriteArrayList<>(), new AtomicInteger())));
    this.shared = shared;
  }

  /** Returns the names of all services. */
  Set<String> names() {
    return services.keySet();
  }

  /** Returns the session that keeps another one from serving the service, if there is one. */
  Optional<Session> owner(Session newcomer, String name) {
    return shared
        ? Optional.empty()
        : services.get(name).sessions().stream().filter(other -> other != newcomer).findFirst();
  }

  /** Adds the session to a service; returns whether it did not serve the service before. */
  boolean add(Session session, String name) {
    return services.get(name).sessions().addIfAbsent(session);
  }

  /** Returns the public address of a service. */
  HostPort address(String name) {
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
    IOException why = new IOException("no origin proxy serves '" + visitor.service() + "' now");
    for (Session session : inTurn(service)) {
      try {
        return session.open(visitor);
      } catch (IOException e) {
        why = e;
      }
    }
    throw why;
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
