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
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The sessions that serve each service, used in turn. The listeners of services are fixed when the
 * role starts. Without a secret, the first session to offer a service owns it until it ends; with a
 * secret, which confirms every login, sessions share it.
 */
final class ServiceTable {

  private record Service(
      HostPort address, CopyOnWriteArrayList<Session> sessions, AtomicInteger next) {}

  private final Map<String, Service> services = new LinkedHashMap<>();
  private final Roster roster;
  private final boolean shared;

  /** Guards changes of the sessions of each service; {@link #open} reads them without it. */
  private final ReentrantLock lock = new ReentrantLock();

  /**
   * Creates a table of services that no session serves yet.
   *
   * @param shared whether several sessions may serve one service
   */
  ServiceTable(Map<String, HostPort> addresses, Roster roster, boolean shared) {
    addresses.forEach((name, address) ->
        services.put(
            name, new Service(address, new CopyOnWriteArrayList<>(), new AtomicInteger())));
    this.roster = roster;
    this.shared = shared;
  }

  /** The result of an offer. */
  sealed interface Claim {
    /**
     * The session serves the service.
     *
     * @param isNew whether it did not before
     */
    record Served(List<String> addresses, boolean isNew) implements Claim {}

    /** The session does not serve the service. */
    record Declined(String why) implements Claim {}

    /** Another session owns the service; the caller may probe it. */
    record Owned(Session owner) implements Claim {}
  }

  /** Registers the session for a service if it may serve it. */
  Claim claim(Session session, String name) {
    Service service = services.get(name);
    if (service == null) {
      return new Claim.Declined(
          "the remote proxy has no service '" + name + "'; it has " + services.keySet());
    }
    lock.lock();
    try {
      if (!roster.isActive(session)) {
        return new Claim.Declined("the session is over or draining");
      }
      Optional<Session> owner =
          service.sessions().stream().filter(other -> other != session).findFirst();
      if (!shared && owner.isPresent()) {
        return new Claim.Owned(owner.get());
      }
      boolean isNew = service.sessions().addIfAbsent(session);
      return new Claim.Served(List.of(service.address().toString()), isNew);
    } finally {
      lock.unlock();
    }
  }

  /** Removes the session from a service; returns whether it served the service. */
  boolean withdraw(Session session, String name) {
    Service service = services.get(name);
    lock.lock();
    try {
      return service != null && service.sessions().remove(session);
    } finally {
      lock.unlock();
    }
  }

  /** Removes the session from every service; returns those that it served. */
  List<String> withdrawAll(Session session) {
    return services.keySet().stream().filter(name -> withdraw(session, name)).toList();
  }

  /** Returns whether the session serves a service. */
  boolean isServing(Session session, String name) {
    return services.get(name).sessions().contains(session);
  }

  /** Returns whether the session serves any service. */
  boolean isServing(Session session) {
    return services.values().stream().anyMatch(service -> service.sessions().contains(session));
  }

  /**
   * Opens a stream on one of the service's sessions, in turn. A session whose peer has not answered
   * a probe yet comes last; a session that cannot open the stream is skipped.
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
