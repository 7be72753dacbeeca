package culvert.mux;

import culvert.net.ReservedPlaces;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The streams of a link. Those that this side opens are divided among the services of the session,
 * as {@link ReservedPlaces} describes. Thread-safe.
 */
final class StreamTable {

  private final ReservedPlaces places;

  /** The places of each service that the session serves. */
  private final Map<String, ReservedPlaces.Share> services = new ConcurrentHashMap<>();

  private final Map<Long, MuxStream> byId = new ConcurrentHashMap<>();

  /** Includes streams without an id yet, and ended streams that hold unread bytes. */
  private final Set<MuxStream> all = ConcurrentHashMap.newKeySet();

  private final AtomicInteger open = new AtomicInteger();

  /**
   * Creates an empty table.
   *
   * @param max maximum number of streams that this side opens
   */
  StreamTable(int max) {
    this.places = new ReservedPlaces(max);
  }

  /** Reserves streams for a service. */
  void addService(String service) {
    ReservedPlaces.Share share = places.share();
    if (services.putIfAbsent(service, share) == null) {
      share.open();
    }
  }

  /** Ends the reservation for a service. */
  void removeService(String service) {
    ReservedPlaces.Share share = services.remove(service);
    if (share != null) {
      share.close();
    }
  }

  /** Takes a place for a stream of a service; returns empty if none is left for it. */
  Optional<ReservedPlaces.Share> tryAcquire(String service) {
    ReservedPlaces.Share known = services.get(service);
    ReservedPlaces.Share share = known == null ? places.share() : known;
    return share.tryAcquire() ? Optional.of(share) : Optional.empty();
  }

  /** Counts one more open stream. */
  void addOpen() {
    open.incrementAndGet();
  }

  /** Counts one open stream fewer. */
  void removeOpen() {
    open.decrementAndGet();
  }

  /** Returns how many streams are open. */
  int open() {
    return open.get();
  }

  /** Adds a stream, which may have no id yet. */
  void add(MuxStream stream) {
    all.add(stream);
  }

  /** Removes a stream that has ended and holds no bytes. */
  void remove(MuxStream stream) {
    all.remove(stream);
  }

  /** Returns a live view of all streams. */
  Collection<MuxStream> all() {
    return all;
  }

  /** Registers a stream under its id, to which frames refer. */
  void register(MuxStream stream) {
    byId.put(stream.id(), stream);
  }

  /** Forgets the id of a stream: later frames for it are late. */
  void unregister(MuxStream stream) {
    byId.remove(stream.id());
  }

  /** Returns the registered stream of this id, or null. */
  MuxStream get(long id) {
    return byId.get(id);
  }
}
