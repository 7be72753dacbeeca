package culvert.mux;

import culvert.net.CloseCause;
import culvert.net.ReservedPlaces;
import culvert.protocol.Message;
import java.io.IOException;
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
final class LinkStreams {

  private final Link link;
  private final ReservedPlaces places;

  /** The places of each service that the session serves. */
  private final Map<String, ReservedPlaces.Share> services = new ConcurrentHashMap<>();

  private final Map<Long, MuxStream> byId = new ConcurrentHashMap<>();

  /** Includes streams without an id yet, and ended streams that hold unread bytes. */
  private final Set<MuxStream> all = ConcurrentHashMap.newKeySet();

  private final AtomicInteger open = new AtomicInteger();

  /**
   * Creates a table without streams.
   *
   * @param max maximum number of streams that this side opens
   */
  LinkStreams(Link link, int max) {
    this.link = link;
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

  /**
   * Adds a stream of this side, which gets its id with its OPEN.
   *
   * @throws IOException if the maximum number of streams is reached, or the rest is reserved for
   *     other services
   */
  MuxStream open(Message.Open message) throws IOException {
    ReservedPlaces.Share place =
        tryAcquire(message.service()).orElseThrow(() -> full(message.service()));
    open.incrementAndGet();
    MuxStream stream = new MuxStream(link, message, place::release);
    all.add(stream);
    return stream;
  }

  private Optional<ReservedPlaces.Share> tryAcquire(String service) {
    ReservedPlaces.Share known = services.get(service);
    ReservedPlaces.Share share = known == null ? places.share() : known;
    return share.tryAcquire() ? Optional.of(share) : Optional.empty();
  }

  private IOException full(String service) {
    int max = link.maxStreams();
    String cause =
        open() >= max
            ? "the session has %d streams, its maximum"
            : "the streams that are left of %d of the session are reserved for services other than"
                + " '%s'";
    return new IOException(cause.formatted(max, service));
  }

  /** Adds a stream that the peer opened. */
  MuxStream accept(long id) {
    open.incrementAndGet();
    MuxStream stream = new MuxStream(link, id);
    register(stream);
    all.add(stream);
    return stream;
  }

  /** Registers a stream under its id, to which frames refer. */
  void register(MuxStream stream) {
    byId.put(stream.id(), stream);
  }

  /** Forgets the id of a stream that has ended: later frames for it are late. */
  void unregister(MuxStream stream) {
    if (stream.markUnregistered()) {
      byId.remove(stream.id());
      open.decrementAndGet();
      link.closeIfFinished();
    }
  }

  /** Removes a stream that has ended and holds no bytes. */
  void release(MuxStream stream) {
    all.remove(stream);
    link.leaveEvictionIfDone();
  }

  /** Fails every stream; directions that the peer has ended stay readable. */
  void failAll(CloseCause cause) {
    for (MuxStream stream : all) {
      stream.lose(cause, Link.LOST);
    }
  }

  /** Returns how many streams are open. */
  int open() {
    return open.get();
  }

  /** Returns a live view of all streams. */
  Collection<MuxStream> all() {
    return all;
  }

  /** Returns the registered stream of this id, or null. */
  MuxStream get(long id) {
    return byId.get(id);
  }
}
