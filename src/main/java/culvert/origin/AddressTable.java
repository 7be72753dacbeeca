package culvert.origin;

import culvert.net.HostPort;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/** The addresses of a name by its last lookup, and the loop of each. Thread-safe. */
final class AddressTable {

  /** Guards the two fields below. */
  private final ReentrantLock lock = new ReentrantLock();

  private Set<HostPort> listed = Set.of();

  /** The loops that may still make an attempt. */
  private final Map<HostPort, SessionLoop> loops = new HashMap<>();

  /** Returns whether no lookup has found an address. */
  boolean isEmpty() {
    lock.lock();
    try {
      return listed.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  /** Replaces the addresses; returns whether they have changed. */
  boolean list(Set<HostPort> addresses) {
    lock.lock();
    try {
      boolean isChanged = !listed.equals(addresses);
      listed = addresses;
      return isChanged;
    } finally {
      lock.unlock();
    }
  }

  /** Returns the loops whose addresses are not listed any more. */
  List<SessionLoop> unlisted() {
    lock.lock();
    try {
      return loops.entrySet().stream()
          .filter(entry -> !listed.contains(entry.getKey()))
          .map(Map.Entry::getValue)
          .toList();
    } finally {
      lock.unlock();
    }
  }

  /** Adds and returns a new loop, unless the address has one. */
  Optional<SessionLoop> add(HostPort address, Function<HostPort, SessionLoop> maker) {
    lock.lock();
    try {
      if (loops.containsKey(address)) {
        return Optional.empty();
      }
      SessionLoop loop = maker.apply(address);
      loops.put(address, loop);
      return Optional.of(loop);
    } finally {
      lock.unlock();
    }
  }

  /** Removes a loop that has no place. */
  void remove(HostPort address) {
    lock.lock();
    try {
      loops.remove(address);
    } finally {
      lock.unlock();
    }
  }

  /** Returns whether a loop's address is listed; otherwise removes the loop. */
  boolean retain(HostPort address) {
    lock.lock();
    try {
      if (!listed.contains(address)) {
        loops.remove(address);
        return false;
      }
      return true;
    } finally {
      lock.unlock();
    }
  }
}
