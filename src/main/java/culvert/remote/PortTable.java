package culvert.remote;

import culvert.config.PortInterval;
import culvert.config.PortRange;
import culvert.session.Offer;
import culvert.session.Session;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;

/**
 * The ports that sessions have requested. Guarded by the lock of {@link Registry}. Listeners are
 * bound and closed without the lock; meanwhile their ports are reserved or closing.
 */
final class PortTable {

  /** Registrations that wait until the listener of a port is closed. */
  static final int MAX_WAITING = 256;

  /** A port that a session has. */
  record Held(Session session, Offer offer, PortListener listener) {
    int port() {
      return listener.address().port();
    }

    /** Returns the name of service and port in the log. */
    String label() {
      return offer.service() + ":" + port();
    }
  }

  private Optional<PortRange> range;
  private final Map<Integer, Held> held = new HashMap<>();

  /** Ports at which a listener is being bound. */
  private final Set<Integer> reserved = new HashSet<>();

  /** Ports whose listener is being closed, and the actions that run then. */
  private final Map<Integer, List<Runnable>> closing = new HashMap<>();

  private boolean isClosed;

  /**
   * Creates a table of free ports.
   *
   * @param range the ports that may be requested; none if empty
   */
  PortTable(Optional<PortRange> range) {
    this.range = range;
  }

  /** Returns the ports that may be requested. */
  Optional<PortRange> range() {
    return range;
  }

  /** Returns a port and its session, if a session has it. */
  Optional<Held> get(int port) {
    return Optional.ofNullable(held.get(port));
  }

  /** Changes the ports that may be requested from now on; sessions keep theirs. */
  void setRange(Optional<PortRange> changed) {
    range = changed;
  }

  /** Reserves a port; returns false if it is reserved already. */
  boolean reserve(int port) {
    return reserved.add(port);
  }

  /**
   * Reserves a port at random; returns empty if that port is not free.
   *
   * @param ports one or more ports of the range
   */
  OptionalInt reserveAny(List<PortInterval> ports) {
    int port = any(ports);
    boolean isFree = !held.containsKey(port) && !closing.containsKey(port) && reserve(port);
    return isFree ? OptionalInt.of(port) : OptionalInt.empty();
  }

  private static int any(List<PortInterval> ports) {
    int index =
        ThreadLocalRandom.current().nextInt(ports.stream().mapToInt(PortInterval::size).sum());
    for (PortInterval interval : ports) {
      if (index < interval.size()) {
        return interval.min() + index;
      }
      index -= interval.size();
    }
    throw new IllegalStateException("the index is less than the number of ports");
  }

  /** Ends the reservation of a port; returns whether it was reserved. */
  boolean unreserve(int port) {
    return reserved.remove(port);
  }

  /** Assigns a reserved port, or the port of another session, to a session. */
  void assign(Held port) {
    reserved.remove(port.port());
    held.put(port.port(), port);
  }

  /** Returns whether the port's listener is being closed. */
  boolean isClosing(int port) {
    return closing.containsKey(port);
  }

  /** Runs the action once the port's listener is closed; returns false if too many wait for it. */
  boolean tryAfterClosing(int port, Runnable action) {
    List<Runnable> actions = closing.get(port);
    return actions.size() < MAX_WAITING && actions.add(action);
  }

  /** Sends a port's visitors to its session; returns false if the session has lost the port. */
  boolean open(Held port) {
    boolean isCurrent = !isClosed && held.get(port.port()) == port;
    if (isCurrent) {
      port.listener().serve(port.label(), port.offer().service(), port.session());
    }
    return isCurrent;
  }

  /**
   * Takes ports, which have no new visitors, from their sessions. The caller closes the listeners,
   * then calls {@link #free}.
   */
  List<Held> release(Predicate<Held> which) {
    List<Held> released = held.values().stream().filter(which).toList();
    for (Held one : released) {
      held.remove(one.port());
      one.listener().stop();
      closing.put(one.port(), new ArrayList<>());
    }
    return released;
  }

  /** Ends the reservation of a port. The caller closes the listener, then calls {@link #free}. */
  void beginClosing(PortListener unused) {
    int port = unused.address().port();
    reserved.remove(port);
    closing.put(port, new ArrayList<>());
  }

  /** Frees the port of a listener that was closed; returns the actions that waited for it. */
  List<Runnable> free(PortListener closed) {
    return closing.remove(closed.address().port());
  }

  /** Returns the ports that the session has. */
  List<Held> heldBy(Session session) {
    return held.values().stream().filter(one -> one.session() == session).toList();
  }

  /** Gives no more ports. Returns those that sessions have; the caller closes their listeners. */
  List<Held> close() {
    isClosed = true;
    return List.copyOf(held.values());
  }

  /** Returns whether no more ports are given. */
  boolean isClosed() {
    return isClosed;
  }
}
