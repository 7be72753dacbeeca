package culvert.mux;

import culvert.net.BufferPool;
import culvert.protocol.Frame;
import culvert.protocol.FrameType;
import culvert.protocol.Message;
import culvert.protocol.ProtocolException;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/**
 * Puts the payload of many streams into one batch, in turns: a bounded frame a stream, and a stream
 * that was quiet and has little before bulk, in alternation. Opens go the same way, so that they
 * stay in front of their own bytes. Not thread-safe: the writer's lock guards it.
 */
final class SendScheduler {

  /** Most a stream may put into a batch while others wait, in bytes. */
  private static final int MAX_FRAME_IN_TURN_BYTES = 16 * 1024;

  /** Most a data frame carries, in bytes. */
  private static final int MAX_FRAME_BYTES = 64 * 1024;

  /**
   * A stream that was not in the last batch and has no more than this goes before bulk, in bytes.
   */
  private static final int SPARSE_BYTES = 1024;

  /** Kept free behind a data frame, for a half-close and a ping, in bytes. */
  private static final int TAIL_BYTES = 2 * Frame.HEADER_BYTES;

  private final Link link;
  private final CongestionWindow congestion;
  private final int opensGranted;
  private final Set<MuxStream> bulk = new LinkedHashSet<>();
  private final Set<MuxStream> sparse = new LinkedHashSet<>();

  /** Streams whose open waits until the peer has answered another. */
  private final Set<MuxStream> opening = new LinkedHashSet<>();

  private final Set<Long> unanswered = new HashSet<>();
  private ByteBuffer filling;
  private boolean sparseNext;
  private int frames;
  private long batch;
  private long lastId;

  SendScheduler(Link link, CongestionWindow inFlight, int opensGranted) {
    this.link = link;
    this.congestion = inFlight;
    this.opensGranted = opensGranted;
  }

  /** The highest id given so far. */
  long lastId() {
    return lastId;
  }

  /** The number of the batch that is being filled. */
  long batch() {
    return batch;
  }

  /** How many data frames it holds. */
  int frames() {
    return frames;
  }

  /** Whether nobody waits for a turn. */
  boolean isIdle() {
    return bulk.isEmpty() && sparse.isEmpty();
  }

  /** Whether an open has no answer yet. */
  boolean hasUnanswered() {
    return !unanswered.isEmpty();
  }

  /** Whether there is payload in the batch, or could be. */
  boolean hasPayload() {
    return filling != null || !isIdle() && available() > 0;
  }

  /** Gives the stream a turn if it has something that may go. */
  void enqueue(MuxStream stream) {
    StreamOutput s = stream.out;
    if (s.queued || s.failed) {
      return;
    }
    if (s.pendingOpen != null && unanswered.size() >= opensGranted) {
      s.queued = true;
      opening.add(stream);
    } else if (s.pendingOpen != null || s.payload != null ? canSend(s) : s.pendingHalfClose) {
      s.queued = true;
      boolean small = s.payload == null || s.payload.remaining() <= SPARSE_BYTES;
      (small && s.lastBatch + 1 < batch ? sparse : bulk).add(stream);
    }
  }

  private static boolean canSend(StreamOutput s) {
    return s.pendingOpen != null || s.window > 0;
  }

  /** Takes a stream that is over out of every queue. */
  void remove(MuxStream stream) {
    if (stream.out.queued) {
      stream.out.queued = false;
      bulk.remove(stream);
      sparse.remove(stream);
      opening.remove(stream);
    }
  }

  /** An answer to one of our opens came, which makes room for another. */
  void receiveAnswer(long id) throws ProtocolException {
    if (!unanswered.remove(id)) {
      throw new ProtocolException("an answer to no open, on stream " + id);
    }
    for (int free = opensGranted - unanswered.size(); free > 0 && !opening.isEmpty(); free--) {
      enqueue(poll(opening));
    }
  }

  /** Lets streams have their turns until the batch is full or nobody waits. */
  void fill() {
    while (!isIdle() && available() > 0) {
      sparseNext = !sparseNext && !sparse.isEmpty() || bulk.isEmpty();
      MuxStream stream = poll(sparseNext ? sparse : bulk);
      fillFrom(stream);
      enqueue(stream);
    }
  }

  private static MuxStream poll(Set<MuxStream> queue) {
    Iterator<MuxStream> first = queue.iterator();
    MuxStream stream = first.next();
    first.remove();
    stream.out.queued = false;
    return stream;
  }

  /** One turn: the open if it is owed, a bounded frame, and the half-close if nothing is left. */
  void fillFrom(MuxStream stream) {
    StreamOutput s = stream.out;
    if (s.failed || available() == 0) {
      return;
    }
    if (s.pendingOpen != null) {
      if (unanswered.size() >= opensGranted) {
        return;
      }
      putOpen(stream);
    }
    if (s.payload != null && s.window > 0) {
      putData(stream);
    }
    if (s.payload == null && s.pendingHalfClose && available() > 0) {
      s.pendingHalfClose = false;
      Frame.write(filling(), FrameType.HALF_CLOSE, 0, stream.id());
    }
  }

  /** Ids are given in the order of the wire, so that they only increase there. */
  private void putOpen(MuxStream stream) {
    StreamOutput s = stream.out;
    stream.id(++lastId);
    s.window = MuxStream.FIRST_WINDOW;
    s.openBatch = batch;
    unanswered.add(lastId);
    link.register(stream);
    Message.write(filling(), lastId, s.pendingOpen);
    s.pendingOpen = null;
  }

  private void putData(MuxStream stream) {
    StreamOutput s = stream.out;
    long most = isIdle() ? MAX_FRAME_BYTES : MAX_FRAME_IN_TURN_BYTES;
    long room = available() - Frame.HEADER_BYTES - TAIL_BYTES;
    int n = (int) Math.min(Math.min(most, room), Math.min(s.window, s.payload.remaining()));
    if (n <= 0) {
      return;
    }
    ByteBuffer to = filling();
    Frame.write(to, FrameType.DATA, n, stream.id());
    int end = s.payload.limit();
    s.payload.limit(s.payload.position() + n);
    to.put(s.payload);
    s.payload.limit(end);
    s.window -= n;
    s.lastBatch = batch;
    frames++;
    stream.addSent(n);
    if (!s.payload.hasRemaining()) {
      s.payload = null;
      if (s.sender != Thread.currentThread()) {
        LockSupport.unpark(s.sender);
      }
    }
  }

  /**
   * Bytes that the batch still takes: none, or at least {@link
   * CongestionWindow#MIN_AVAILABLE_BYTES}.
   */
  private long available() {
    int batched = filling == null ? 0 : filling.position() - PendingControl.CONTROL_BYTES;
    long space = BufferPool.BUFFER_BYTES - PendingControl.CONTROL_BYTES - batched;
    return space < CongestionWindow.MIN_AVAILABLE_BYTES
        ? 0
        : Math.min(space, congestion.available(batched));
  }

  /** The batch, with room in front for control. */
  private ByteBuffer filling() {
    if (filling == null) {
      filling = link.pool().borrow().position(PendingControl.CONTROL_BYTES);
    }
    return filling;
  }

  /** Hands the batch over to be written, and begins the next; null if it holds nothing. */
  ByteBuffer take() {
    ByteBuffer full = filling;
    filling = null;
    frames = 0;
    batch++;
    if (full != null) {
      congestion.sent(full.position() - PendingControl.CONTROL_BYTES);
    }
    return full;
  }

  /** The link is over: what was batched goes nowhere. */
  void clear() {
    if (filling != null) {
      link.pool().release(filling);
      filling = null;
    }
    bulk.clear();
    sparse.clear();
    opening.clear();
  }
}
