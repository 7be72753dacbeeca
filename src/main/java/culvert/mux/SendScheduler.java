package culvert.mux;

import culvert.net.BufferPool;
import culvert.protocol.Frame;
import culvert.protocol.FrameType;
import culvert.protocol.Message;
import culvert.protocol.ProtocolException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/**
 * Puts the payload of many streams and flows into one batch, round-robin with one bounded frame for
 * each stream. Streams that were quiet and have few bytes alternate with all others; of these,
 * datagrams and bulk streams take turns as {@link SendBalance} decides. None of the three waits
 * long behind the others. An OPEN takes the turn of its stream, before the stream's data. Not
 * thread-safe: the writer's lock guards it.
 */
final class SendScheduler {

  /** Maximum payload of a DATA frame while other streams wait, in bytes. */
  private static final int MAX_SHARED_FRAME_BYTES = 16 * 1024;

  /** Maximum payload of a DATA frame, in bytes. */
  private static final int MAX_FRAME_BYTES = 64 * 1024;

  /**
   * A stream that was not in the last batch and has at most this many bytes alternates with others.
   */
  private static final int MAX_SPARSE_BYTES = 1024;

  /** Size of a batch while memory is short, with the space for control, in bytes. */
  private static final int SMALL_BATCH_BYTES =
      PendingControl.CONTROL_BYTES + BufferPool.MEDIUM_BYTES;

  /** Size of a batch that is filled while the one before has to wait: for a few short frames. */
  private static final int WAITING_BATCH_BYTES = PendingControl.CONTROL_BYTES + 2 * 1024;

  /** Space kept after a DATA frame for a HALF_CLOSE and a PING, in bytes. */
  private static final int TAIL_BYTES = 2 * Frame.HEADER_BYTES;

  /** Maximum length of an OPEN_FLOW, in bytes. */
  private static final int OPEN_FLOW_BYTES = Frame.HEADER_BYTES + 512;

  /** What takes turns. */
  private enum Kind {
    SPARSE,
    DATAGRAMS,
    BULK
  }

  private final Link link;
  private final CongestionWindow congestion;
  private final Set<MuxStream> bulk = new LinkedHashSet<>();
  private final Set<MuxStream> sparse = new LinkedHashSet<>();

  private final DatagramQueue datagrams;
  private final SendBalance balance = new SendBalance();
  private final OpenCredits<MuxStream> credits;

  /** The service of each stream whose OPEN has been put into a batch and is not answered. */
  private final Map<Long, String> unanswered = new HashMap<>();

  /** The batch being filled, or null while it is empty. */
  private ByteBuffer filling;

  /** Size of that batch, once the write of the one before does not have to wait. */
  private int batchBytes = BufferPool.BUFFER_BYTES;

  /** Whether the write of the batch before has to wait. */
  private boolean waiting;

  private Kind lastTurn = Kind.BULK;
  private int frames;
  private long batch;
  private long lastId;

  SendScheduler(Link link, CongestionWindow congestion, int opensGranted) {
    this.link = link;
    this.congestion = congestion;
    this.credits = new OpenCredits<>(opensGranted);
    this.datagrams = new DatagramQueue(link.pool(), link.droppedDatagrams());
  }

  /** Returns the highest id assigned so far. */
  long lastId() {
    return lastId;
  }

  /** Returns the number of the batch that is being filled. */
  long batch() {
    return batch;
  }

  /** Returns how many DATA frames the batch holds. */
  int frames() {
    return frames;
  }

  /** Returns whether no stream and no datagram waits for its turn. */
  boolean isIdle() {
    return bulk.isEmpty() && sparse.isEmpty() && datagrams.isEmpty();
  }

  /** Returns the datagrams that wait for their turn. */
  DatagramQueue datagrams() {
    return datagrams;
  }

  /** Returns whether an OPEN has no answer yet. */
  boolean hasUnanswered() {
    return !unanswered.isEmpty();
  }

  /** Returns whether the batch has payload or may be filled with some. */
  boolean hasPayload() {
    return filling != null || !isIdle() && available() > 0;
  }

  /**
   * Requests a credit for the stream's OPEN; returns false if the stream has failed, or waits for a
   * credit because other streams of its service use up their share.
   */
  boolean requestOpen(MuxStream stream) {
    StreamOutput s = stream.out;
    if (!s.failed) {
      s.hasOpenCredit = credits.acquire(s.pendingOpen.service(), stream);
    }
    return s.hasOpenCredit;
  }

  /** Queues the stream if it has something that may be sent. */
  void enqueue(MuxStream stream) {
    StreamOutput s = stream.out;
    if (s.queued || s.failed || s.pendingOpen != null && !s.hasOpenCredit) {
      return;
    }
    if (s.pendingOpen != null || s.payload != null ? canSend(s) : s.pendingHalfClose) {
      s.queued = true;
      (isSparse(s) ? sparse : bulk).add(stream);
    }
  }

  /** An OPEN or a HALF_CLOSE alone never waits behind the bulk of thousands of streams. */
  private boolean isSparse(StreamOutput s) {
    return s.payload == null
        || s.payload.remaining() <= MAX_SPARSE_BYTES && s.lastBatch + 1 < batch;
  }

  private static boolean canSend(StreamOutput s) {
    return s.pendingOpen != null || s.window > 0;
  }

  /** Removes an ended stream from every queue, and an OPEN that was not sent. */
  void remove(MuxStream stream) {
    StreamOutput s = stream.out;
    if (s.queued) {
      s.queued = false;
      bulk.remove(stream);
      sparse.remove(stream);
    }
    if (s.pendingOpen != null) {
      String service = s.pendingOpen.service();
      s.pendingOpen = null;
      if (s.hasOpenCredit) {
        release(service);
      } else {
        credits.leave(service, stream);
      }
    }
  }

  private void release(String service) {
    for (MuxStream next : credits.release(service)) {
      next.out.hasOpenCredit = true;
      enqueue(next);
    }
  }

  /** Counts a check of the link, and wakes the senders whose last one it was. */
  void countCheck() {
    bulk.forEach(SendScheduler::countCheck);
    sparse.forEach(SendScheduler::countCheck);
  }

  private static void countCheck(MuxStream stream) {
    StreamOutput s = stream.out;
    if (s.payload != null && s.checksLeft > 0 && --s.checksLeft == 0) {
      LockSupport.unpark(s.sender);
    }
  }

  /** Records the answer to an OPEN, which allows another one. */
  void receiveAnswer(long id) throws ProtocolException {
    String service = unanswered.remove(id);
    if (service == null) {
      throw new ProtocolException("answer without an OPEN on stream " + id);
    }
    release(service);
  }

  /** Gives streams and flows their turns until the batch is full or nothing waits. */
  void fill() {
    boolean hasRoom = true;
    while (hasRoom && !isIdle() && available() > 0) {
      lastTurn = nextKind();
      switch (lastTurn) {
        case SPARSE -> putNext(sparse);
        case DATAGRAMS -> hasRoom = putDatagrams();
        case BULK -> {
          int before = batched();
          putNext(bulk);
          balance.sentBulk(SendBalance.cost(batched() - before));
        }
      }
    }
  }

  /** Returns the kind that has the next turn; something waits. */
  private Kind nextKind() {
    boolean hasOthers = !bulk.isEmpty() || !datagrams.isEmpty();
    if (!sparse.isEmpty() && (lastTurn != Kind.SPARSE || !hasOthers)) {
      return Kind.SPARSE;
    }
    boolean isBulk = datagrams.isEmpty() || !bulk.isEmpty() && balance.isBulkNext();
    return isBulk ? Kind.BULK : Kind.DATAGRAMS;
  }

  private void putNext(Set<MuxStream> queue) {
    MuxStream stream = poll(queue);
    fillFrom(stream);
    enqueue(stream);
  }

  /**
   * Runs one turn of all flows: datagrams of different flows, which cost about as much as a frame
   * of a stream. A datagram is not split, so the congestion window may be exceeded by one.
   *
   * @return false if the next datagram needs an empty batch
   */
  private boolean putDatagrams() {
    int left = MAX_SHARED_FRAME_BYTES;
    while (left > 0 && !datagrams.isEmpty() && available() > 0) {
      MuxFlow flow = datagrams.next();
      int length = datagrams.length(flow);
      if (!hasSpace(OPEN_FLOW_BYTES + Frame.HEADER_BYTES + length + TAIL_BYTES)) {
        return false;
      }
      if (flow.pendingOpen != null) {
        putOpen(flow);
      }
      Frame.write(filling(), FrameType.DATAGRAM, length, flow.id());
      datagrams.take(flow, filling());
      int cost = SendBalance.cost(Frame.HEADER_BYTES + length);
      balance.sentDatagrams(cost);
      left -= cost;
    }
    return true;
  }

  /**
   * Returns whether the batch has space for a datagram. A batch that is small because memory is
   * short grows by the datagram, which might otherwise never be sent: it cannot be split.
   */
  private boolean hasSpace(int bytes) {
    if (bytes > space() && batched() <= BufferPool.MEDIUM_BYTES) {
      batchBytes = PendingControl.CONTROL_BYTES + batched() + bytes;
      if (filling != null) {
        move(borrow(batchBytes));
      }
    }
    return bytes <= space();
  }

  private void putOpen(MuxFlow flow) {
    flow.id(++lastId);
    flow.openBatch = batch;
    link.flows().register(flow);
    Message.write(filling(), lastId, flow.pendingOpen);
    flow.pendingOpen = null;
  }

  private static MuxStream poll(Set<MuxStream> queue) {
    Iterator<MuxStream> first = queue.iterator();
    MuxStream stream = first.next();
    first.remove();
    stream.out.queued = false;
    return stream;
  }

  /**
   * Runs one turn: the OPEN if it is pending, one bounded frame, and the HALF_CLOSE if no payload
   * is left.
   */
  void fillFrom(MuxStream stream) {
    StreamOutput s = stream.out;
    if (s.failed || available() == 0) {
      return;
    }
    if (s.pendingOpen != null) {
      if (!s.hasOpenCredit) {
        return;
      }
      putOpen(stream);
    }
    if (s.payload != null && s.window > 0) {
      putData(stream);
    }
    if (s.payload == null && s.pendingHalfClose && available() > 0) {
      putHalfClose(stream);
    }
  }

  /** Assigns the id here, so that ids increase in the order of transmission. */
  private void putOpen(MuxStream stream) {
    StreamOutput s = stream.out;
    stream.id(++lastId);
    s.openBatch = batch;
    unanswered.put(lastId, s.pendingOpen.service());
    link.register(stream);
    Message.write(filling(), lastId, s.pendingOpen);
    s.pendingOpen = null;
  }

  /** A RESET that has waited for the end of the output follows it. */
  private void putHalfClose(MuxStream stream) {
    StreamOutput s = stream.out;
    s.pendingHalfClose = false;
    s.endBatch = batch;
    Frame.write(filling(), FrameType.HALF_CLOSE, 0, stream.id());
    if (s.pendingReset != null) {
      Message.write(filling(), stream.id(), new Message.Reset(s.pendingReset));
      s.pendingReset = null;
    }
  }

  private void putData(MuxStream stream) {
    StreamOutput s = stream.out;
    long max = isIdle() ? MAX_FRAME_BYTES : MAX_SHARED_FRAME_BYTES;
    long room = available() - Frame.HEADER_BYTES - TAIL_BYTES;
    int n = (int) Math.min(Math.min(max, room), Math.min(s.window, s.payload.remaining()));
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
   * Returns the free space of the batch in bytes: 0, or at least {@link
   * CongestionWindow#MIN_AVAILABLE_BYTES}.
   */
  private long available() {
    long space = space();
    return space < CongestionWindow.MIN_AVAILABLE_BYTES
        ? 0
        : Math.min(space, congestion.available(batched()));
  }

  private int batched() {
    return filling == null ? 0 : filling.position() - PendingControl.CONTROL_BYTES;
  }

  private long space() {
    return maxBatchBytes() - PendingControl.CONTROL_BYTES - batched();
  }

  private int maxBatchBytes() {
    return waiting ? WAITING_BATCH_BYTES : batchBytes;
  }

  /** Returns the batch, with space in front for control. */
  private ByteBuffer filling() {
    if (filling == null) {
      filling = borrow(maxBatchBytes()).position(PendingControl.CONTROL_BYTES);
    }
    return filling;
  }

  private ByteBuffer borrow(int bytes) {
    BufferPool pool = link.pool();
    return bytes == BufferPool.BUFFER_BYTES ? pool.borrow() : pool.borrow(bytes);
  }

  /**
   * Makes the batch small, because the write of the one before has to wait: further payload stays
   * with its senders.
   */
  void startWaiting() {
    waiting = true;
    if (filling != null) {
      move(link.pool().borrow(Math.max(filling.position(), WAITING_BATCH_BYTES)));
    }
  }

  /** Makes the batch as large as usual again, if it is small. */
  void stopWaiting() {
    if (waiting && filling != null) {
      move(borrow(batchBytes));
    }
    waiting = false;
  }

  private void move(ByteBuffer next) {
    next.put(filling.flip());
    link.pool().release(filling);
    filling = next;
  }

  /** Returns the batch to be written and starts the next one; null if it is empty. */
  ByteBuffer take() {
    ByteBuffer full = filling;
    filling = null;
    frames = 0;
    batch++;
    // A batch whose write has to wait holds memory that no other link or stream can use.
    batchBytes =
        link.pool().budget().isUnderPressure() ? SMALL_BATCH_BYTES : BufferPool.BUFFER_BYTES;
    if (full != null) {
      congestion.sent(full.position() - PendingControl.CONTROL_BYTES);
    }
    return full;
  }

  /** Discards the batch and all queues; the link has ended. */
  void clear() {
    if (filling != null) {
      link.pool().release(filling);
      filling = null;
    }
    bulk.clear();
    sparse.clear();
    datagrams.clear();
    credits.clear();
  }
}
