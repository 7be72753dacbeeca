package culvert.remote;

import culvert.config.PortRange;
import culvert.net.BufferPool;
import culvert.net.Listener;
import culvert.session.Session;
import culvert.session.Visitor;
import java.io.IOException;
import java.net.BindException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/**
 * Ports that sessions have requested. Each has a listener that is open as long as the session and
 * whose visitors all belong to that session. Refusals have the texts of bore's server, because its
 * clients may depend on them.
 */
final class Ports implements AutoCloseable {

  /** The refusal of a port that another session or another program uses. */
  static final String IN_USE = "port already in use";

  /** Ports tried at random when any port is requested, as in bore's server. */
  private static final int MAX_TRIES = 150;

  /** Ports of one session, which may have several services. */
  private static final int MAX_PER_SESSION = 256;

  private record Binding(Session session, String label, Listener listener) {}

  /** The result of a request. */
  sealed interface Claim {
    /**
     * The session has the port. Visitors queue there until the caller starts the listener.
     *
     * @param service the name of service and port in the log
     */
    record Taken(String service, Listener listener) implements Claim {}

    /** Another session has the port; the caller may probe it. */
    record Owned(Session owner) implements Claim {}

    /** The port is not available. */
    record Declined(String why) implements Claim {}
  }

  private final Optional<PortRange> range;
  private final VisitorHandler visitors;
  private final BufferPool pool;

  /**
   * Guards the two fields below. Ports are bound and closed while holding it: binding does not
   * block, closing waits only for the listener's accept thread. No visitor is waited for.
   */
  private final ReentrantLock lock = new ReentrantLock();

  private final Map<Integer, Binding> bindings = new HashMap<>();
  private boolean closed;

  /**
   * Creates a set without bound ports.
   *
   * @param range the ports that may be requested; none if empty
   */
  Ports(Optional<PortRange> range, VisitorHandler visitors, BufferPool pool) {
    this.range = range;
    this.visitors = visitors;
    this.pool = pool;
  }

  /**
   * Binds a port for a session.
   *
   * @param service the service name of the port's visitors
   * @param port 0 for any
   * @param isActive whether the session may still serve
   */
  Claim claim(Session session, String service, int port, BooleanSupplier isActive) {
    if (range.isEmpty()) {
      return new Claim.Declined("this remote proxy gives no ports; it needs a --port-range");
    }
    lock.lock();
    try {
      if (closed || !isActive.getAsBoolean()) {
        return new Claim.Declined("the session is over or draining");
      }
      if (count(session) >= MAX_PER_SESSION) {
        return new Claim.Declined("it has " + MAX_PER_SESSION + " ports already");
      }
      return port == 0 ? claimAny(session, service) : claim(session, service, port);
    } finally {
      lock.unlock();
    }
  }

  private long count(Session session) {
    return bindings.values().stream().filter(one -> one.session() == session).count();
  }

  private Claim claim(Session session, String service, int port) {
    if (!range.get().contains(port)) {
      return new Claim.Declined("client port number not in allowed range");
    }
    Binding binding = bindings.get(port);
    if (binding != null) {
      return new Claim.Owned(binding.session());
    }
    try {
      return bind(session, service, port);
    } catch (IOException e) {
      return new Claim.Declined(refusal(e));
    }
  }

  private Claim claimAny(Session session, String service) {
    PortRange ports = range.get();
    for (int i = 0; i < MAX_TRIES; i++) {
      int port = ThreadLocalRandom.current().nextInt(ports.min(), ports.max() + 1);
      if (!bindings.containsKey(port)) {
        try {
          return bind(session, service, port);
        } catch (IOException e) {
          // In use by another program, or not permitted: try another.
        }
      }
    }
    return new Claim.Declined("failed to find an available port");
  }

  private Claim bind(Session session, String service, int port) throws IOException {
    String label = service + ":" + port;
    var handler =
        visitors.forService(
            label, v -> session.open(new Visitor(service, v.address(), v.reached())));
    Listener listener = Listener.bind(range.get().at(port), "visitor", pool, handler);
    bindings.put(port, new Binding(session, label, listener));
    return new Claim.Taken(label, listener);
  }

  /** The JDK distinguishes these causes by the system's text only. */
  private static String refusal(IOException e) {
    if (!(e.getCause() instanceof BindException cause)) {
      return "failed to bind to port";
    }
    String text = String.valueOf(cause.getMessage());
    if (text.contains("denied")) {
      return "permission denied";
    }
    return text.contains("in use") ? IN_USE : "failed to bind to port";
  }

  /** Frees the session's ports before it returns; returns their names in the log. */
  List<String> release(Session session) {
    return release(one -> one.session() == session);
  }

  /** Frees the session's ports of one service, as {@link #release(Session)} does. */
  List<String> release(Session session, String service) {
    return release(one -> one.session() == session && one.label().startsWith(service + ":"));
  }

  private List<String> release(Predicate<Binding> which) {
    var released = new ArrayList<String>();
    lock.lock();
    try {
      for (Iterator<Binding> all = bindings.values().iterator(); all.hasNext(); ) {
        Binding one = all.next();
        if (which.test(one)) {
          all.remove();
          released.add(one.label());
          // While holding the lock, so that the next request finds the port free.
          one.listener().close();
        }
      }
    } finally {
      lock.unlock();
    }
    return released;
  }

  /** Returns whether the session has any port. */
  boolean isHolder(Session session) {
    lock.lock();
    try {
      return count(session) > 0;
    } finally {
      lock.unlock();
    }
  }

  /** Returns whether the session has this port. */
  boolean isHolder(Session session, int port) {
    lock.lock();
    try {
      Binding one = bindings.get(port);
      return one != null && one.session() == session;
    } finally {
      lock.unlock();
    }
  }

  /** Closes every listener and declines every later request. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      bindings.values().forEach(one -> one.listener().close());
    } finally {
      lock.unlock();
    }
  }
}
