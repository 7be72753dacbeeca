package culvert.mux;

import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/**
 * The streams that wait for a turn in a batch, in two queues: streams that were quiet and have few
 * bytes, and all others. Not thread-safe: the writer's lock guards it.
 */
final class StreamTurns {

  /** A stream that was not in the last batch and has at most this many bytes is a sparse one. */
  private static final int MAX_SPARSE_BYTES = 1024;

  private final Set<MuxStream> bulk = new LinkedHashSet<>();
  private final Set<MuxStream> sparse = new LinkedHashSet<>();

  boolean isEmpty() {
    return bulk.isEmpty() && sparse.isEmpty();
  }

  boolean hasBulk() {
    return !bulk.isEmpty();
  }

  boolean hasSparse() {
    return !sparse.isEmpty();
  }

  /**
   * Adds a stream that is in neither queue.
   *
   * @param batch the number of the batch that is being filled
   */
  void add(MuxStream stream, long batch) {
    stream.out.queued = true;
    (isSparse(stream.out, batch) ? sparse : bulk).add(stream);
  }

  /** An OPEN or a HALF_CLOSE alone never waits behind the bulk of thousands of streams. */
  private static boolean isSparse(StreamOutput s, long batch) {
    return s.payload == null
        || s.payload.remaining() <= MAX_SPARSE_BYTES && s.lastBatch + 1 < batch;
  }

  /** Removes and returns the bulk stream whose turn is next. */
  MuxStream pollBulk() {
    return poll(bulk);
  }

  /** Removes and returns the sparse stream whose turn is next. */
  MuxStream pollSparse() {
    return poll(sparse);
  }

  private static MuxStream poll(Set<MuxStream> queue) {
    Iterator<MuxStream> first = queue.iterator();
    MuxStream stream = first.next();
    first.remove();
    stream.out.queued = false;
    return stream;
  }

  /** Removes a stream if it waits. */
  void remove(MuxStream stream) {
    if (stream.out.queued) {
      stream.out.queued = false;
      bulk.remove(stream);
      sparse.remove(stream);
    }
  }

  /** Counts a check of the link, and wakes the senders whose last one it was. */
  void countCheck() {
    bulk.forEach(StreamTurns::countCheck);
    sparse.forEach(StreamTurns::countCheck);
  }

  private static void countCheck(MuxStream stream) {
    StreamOutput s = stream.out;
    if (s.payload != null && s.checksLeft > 0 && --s.checksLeft == 0) {
      LockSupport.unpark(s.sender);
    }
  }

  void clear() {
    bulk.clear();
    sparse.clear();
  }
}
