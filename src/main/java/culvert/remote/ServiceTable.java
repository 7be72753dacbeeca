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
 * Which sessions serve which service, and whose turn it is. The listeners of services are fixed
 * when the role starts. Where anybody can log in, the first session to offer a service owns it for
 * as long as it lives; where a secret confirms who logs in, they share it.
 */
final class ServiceTable {

  private record Service(
      HostPort address, CopyOnWriteArrayList<Session> sessions, AtomicInteger next) {}

  private final Map<String, Service> services = new LinkedHashMap<>();
  private final Roster roster;
  private final boolean shared;

  /** The lock of who serves what; visitors are spread without it. */
  private final ReentrantLock lock = new ReentrantLock();

  /**
   * A table of services that nobody serves yet.
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

  /** What an offer came to. */
  sealed interface Claim {
    /**
     * The session serves.
     *
     * @param news whether it did not before
     */
    record Served(List<String> addresses, boolean news) implements Claim {}

    /** It does not. */
    record Declined(String why) implements Claim {}

    /** Another session owns the service; whether that one lives is to be seen. */
    record Owned(Session owner) implements Claim {}
  }

  /** A session wants to serve. */
  Claim claim(Session session, String name) {
    Service service = services.get(name);
    if (service == null) {
      return new Claim.Declined(
          "the remote proxy has no service '" + name + "'; it has " + services.keySet());
    }
    lock.lock();
    try {
      if (!roster.has(session)) {
        return new Claim.Declined("the session is over or draining");
      }
      Optional<Session> owner =
          service.sessions().stream().filter(other -> other != session).findFirst();
      if (!shared && owner.isPresent()) {
        return new Claim.Owned(owner.get());
      }
      boolean news = service.sessions().addIfAbsent(session);
      return new Claim.Served(List.of(service.address().toString()), news);
    } finally {
      lock.unlock();
    }
  }

  /** A session serves no more; returns whether it did. */
  boolean withdraw(Session session, String name) {
    Service service = services.get(name);
    lock.lock();
    try {
      return service != null && service.sessions().remove(session);
    } finally {
      lock.unlock();
    }
  }

  /** A session serves nothing any more; returns what it did serve. */
  List<String> withdrawAll(Session session) {
    return services.keySet().stream().filter(name -> withdraw(session, name)).toList();
  }

  /** Whether the session serves this. */
  boolean serves(Session session, String name) {
    return services.get(name).sessions().contains(session);
  }

  /** Whether the session serves anything. */
  boolean serves(Session session) {
    return services.values().stream().anyMatch(service -> service.sessions().contains(session));
  }

  /**
   * Begins a stream with one of the service's sessions, in turn. One whose peer owes a sign of life
   * comes last, and one that cannot take the stream is passed over.
   *
   * @throws IOException telling why no session can
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
