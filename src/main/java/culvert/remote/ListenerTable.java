package culvert.remote;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The open listeners of a remote proxy, except those of requested ports. Guarded by the lock of
 * {@link Registry}. Listeners are bound and closed without the lock.
 */
final class ListenerTable {

  /**
   * A bound listener.
   *
   * @param spec the settings for which it was bound
   */
  record Open(ListenerSpec spec, BoundListener listener) {}

  private final Map<ListenerSpec.Key, Open> open = new LinkedHashMap<>();

  /** Those that were replaced, and are open for the data channels of their sessions. */
  private final Set<Open> retired = new LinkedHashSet<>();

  private final Set<ListenerSpec.Kind> closed = EnumSet.noneOf(ListenerSpec.Kind.class);

  /** Returns an open listener. */
  Optional<Open> get(ListenerSpec.Key key) {
    return Optional.ofNullable(open.get(key));
  }

  /** Returns all open listeners. */
  List<Open> all() {
    return List.copyOf(open.values());
  }

  /** Adds a listener; returns false if its kind was closed. The caller closes the one before. */
  boolean put(Open one) {
    boolean isOpen = !closed.contains(one.spec().key().kind());
    if (isOpen) {
      open.put(one.spec().key(), one);
    }
    return isOpen;
  }

  /** Removes a listener; the caller closes it. */
  void remove(ListenerSpec.Key key) {
    open.remove(key);
  }

  /** Adds a listener that was replaced; returns false if its kind was closed. */
  boolean retire(Open one) {
    return !closed.contains(one.spec().key().kind()) && retired.add(one);
  }

  /** Removes a listener that was replaced; returns whether the caller has to close it. */
  boolean removeRetired(Open one) {
    return retired.remove(one);
  }

  /** Returns the listeners that were replaced and are open. */
  List<Open> retired() {
    return List.copyOf(retired);
  }

  /**
   * Accepts no more listeners of this kind. Returns the open ones, which stay in the table, and
   * those that were replaced, which do not.
   */
  List<BoundListener> close(ListenerSpec.Kind kind) {
    closed.add(kind);
    var listeners = new ArrayList<BoundListener>();
    for (Open one : open.values()) {
      if (one.spec().key().kind() == kind) {
        listeners.add(one.listener());
      }
    }
    for (Open one : retired()) {
      if (one.spec().key().kind() == kind && retired.remove(one)) {
        listeners.add(one.listener());
      }
    }
    return listeners;
  }
}
