package culvert.mux;

import culvert.net.FairShare;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;

/**
 * Divides the opens that a peer has granted among the services of a session, as {@link FairShare}
 * describes: services whose origin servers do not answer leave some for the others. Streams without
 * a credit wait in a queue for each service, and the queues take turns. Not thread-safe: the
 * writer's lock guards it.
 *
 * @param <T> streams
 */
final class OpenCredits<T> {

  private final int granted;
  private int used;

  /** Credits in use by service; a service without any has no entry. */
  private final Map<String, Integer> ofService = new HashMap<>();

  /** Streams that wait for a credit, by service; the service whose turn is next comes first. */
  private final Map<String, SequencedSet<T>> waiting = new LinkedHashMap<>();

  OpenCredits(int granted) {
    this.granted = granted;
  }

  /** Takes a credit for the stream; returns false if the stream has to wait in its queue. */
  boolean acquire(String service, T stream) {
    if (!waiting.containsKey(service) && isAvailable(service)) {
      take(service);
      return true;
    }
    waiting.computeIfAbsent(service, name -> new LinkedHashSet<>()).add(stream);
    return false;
  }

  private boolean isAvailable(String service) {
    return FairShare.isAvailable(granted, used, ofService.getOrDefault(service, 0));
  }

  private void take(String service) {
    used++;
    ofService.merge(service, 1, Integer::sum);
  }

  /** Removes a stream that has ended while it waited. */
  void leave(String service, T stream) {
    SequencedSet<T> queue = waiting.get(service);
    if (queue != null && queue.remove(stream) && queue.isEmpty()) {
      waiting.remove(service);
    }
  }

  /** Returns a credit of the service; returns the streams that get one now. */
  List<T> release(String service) {
    used--;
    ofService.computeIfPresent(service, (name, n) -> n == 1 ? null : n - 1);
    var served = new ArrayList<T>();
    for (Optional<T> next = next(); next.isPresent(); next = next()) {
      served.add(next.get());
    }
    return served;
  }

  /** Takes a credit for the next stream; the queue it leaves goes to the end. */
  private Optional<T> next() {
    Iterator<Map.Entry<String, SequencedSet<T>>> queues = waiting.entrySet().iterator();
    while (queues.hasNext()) {
      var queue = queues.next();
      if (isAvailable(queue.getKey())) {
        queues.remove();
        T stream = queue.getValue().removeFirst();
        if (!queue.getValue().isEmpty()) {
          waiting.put(queue.getKey(), queue.getValue());
        }
        take(queue.getKey());
        return Optional.of(stream);
      }
    }
    return Optional.empty();
  }

  /** Forgets all streams that wait; the link has ended. */
  void clear() {
    waiting.clear();
  }
}
