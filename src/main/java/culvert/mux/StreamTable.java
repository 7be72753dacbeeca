package culvert.mux;

import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** The streams of a link. Thread-safe without a lock. */
final class StreamTable {

  private final Map<Long, MuxStream> byId = new ConcurrentHashMap<>();

  /** Includes streams without an id yet, and ended streams that hold unread bytes. */
  private final Set<MuxStream> all = ConcurrentHashMap.newKeySet();

  private final AtomicInteger open = new AtomicInteger();

  /** Counts one more open stream; returns how many are open now. */
  int addOpen() {
    return open.incrementAndGet();
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
