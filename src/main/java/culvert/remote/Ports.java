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
 * Ports that sessions have asked for. Each has a listener that lives for as long as its session,
 * whose visitors are that session's alone. What a refusal says are bore's own words, for its
 * clients may know them.
 */
final class Ports implements AutoCloseable {

  /** Said of a port that another session, or another program, has. */
  static final String IN_USE = "port already in use";

  /** How often a free port is looked for, as bore does. */
  private static final int TRIES = 150;

  /** Of one session, which may have several services. */
  private static final int MAX_OF_SESSION = 256;

  private record Held(Session session, String label, Listener listener) {}

  /** What asking for a port came to. */
  sealed interface Claim {
    /**
     * The session has it; visitors queue there and are accepted once the listener is started.
     *
     * @param service what the log calls it
     */
    record Taken(String service, Listener listener) implements Claim {}

    /** Another session has it; whether that one lives is to be seen. */
    record Held(Session owner) implements Claim {}

    /** It cannot be had. */
    record Declined(String why) implements Claim {}
  }

  private final Optional<PortRange> range;
  private final VisitorHandler visitors;
  private final BufferPool pool;

  /** No lock is held while a visitor waits; binding does not wait. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Map<Integer, Held> held = new HashMap<>();
  private boolean closed;

  /**
   * None is taken yet.
   *
   * @param range those that may be; without it none
   */
  Ports(Optional<PortRange> range, VisitorHandler visitors, BufferPool pool) {
    this.range = range;
    this.visitors = visitors;
    this.pool = pool;
  }

  /**
   * A session wants a port.
   *
   * @param service under which it wants to hear of visitors
   * @param port 0 for any
   * @param there whether the session is there still
   */
  Claim take(Session session, String service, int port, BooleanSupplier there) {
    if (range.isEmpty()) {
      return new Claim.Declined("this remote proxy gives no ports; it needs a --port-range");
    }
    lock.lock();
    try {
      if (closed || !there.getAsBoolean()) {
        return new Claim.Declined("the session is over or draining");
      }
      if (held.values().stream().filter(one -> one.session() == session).count()
          >= MAX_OF_SESSION) {
        return new Claim.Declined("it has " + MAX_OF_SESSION + " ports already");
      }
      return port == 0 ? takeAny(session, service) : take(session, service, port);
    } finally {
      lock.unlock();
    }
  }

  private Claim take(Session session, String service, int port) {
    if (!range.get().contains(port)) {
      return new Claim.Declined("client port number not in allowed range");
    }
    Held holder = held.get(port);
    if (holder != null) {
      return new Claim.Held(holder.session());
    }
    try {
      return bind(session, service, port);
    } catch (IOException e) {
      return new Claim.Declined(refusal(e));
    }
  }

  private Claim takeAny(Session session, String service) {
    PortRange ports = range.get();
    for (int i = 0; i < TRIES; i++) {
      int port = ThreadLocalRandom.current().nextInt(ports.least(), ports.most() + 1);
      if (!held.containsKey(port)) {
        try {
          return bind(session, service, port);
        } catch (IOException e) {
          // Somebody else's, or not for us: another may do.
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
    held.put(port, new Held(session, label, listener));
    return new Claim.Taken(label, listener);
  }

  /** The system tells these apart by its text only. */
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

  /** The session's ports are free once this returns; returns what the log calls them. */
  List<String> release(Session session) {
    return release(one -> one.session() == session);
  }

  /** The same for those of one service. */
  List<String> release(Session session, String service) {
    return release(one -> one.session() == session && one.label().startsWith(service + ":"));
  }

  private List<String> release(Predicate<Held> which) {
    var gone = new ArrayList<String>();
    lock.lock();
    try {
      for (Iterator<Held> all = held.values().iterator(); all.hasNext(); ) {
        Held one = all.next();
        if (which.test(one)) {
          all.remove();
          gone.add(one.label());
          // Before the lock is free: whoever comes next finds the port free.
          one.listener().close();
        }
      }
    } finally {
      lock.unlock();
    }
    return gone;
  }

  /** Whether the session has any. */
  boolean has(Session session) {
    lock.lock();
    try {
      return held.values().stream().anyMatch(one -> one.session() == session);
    } finally {
      lock.unlock();
    }
  }

  /** Whether the session has this one. */
  boolean has(Session session, int port) {
    lock.lock();
    try {
      Held one = held.get(port);
      return one != null && one.session() == session;
    } finally {
      lock.unlock();
    }
  }

  /** No visitor is accepted any more, and no port given. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      held.values().forEach(one -> one.listener().close());
    } finally {
      lock.unlock();
    }
  }
}
