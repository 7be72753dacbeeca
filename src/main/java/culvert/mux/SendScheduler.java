package culvert.mux;

import culvert.protocol.Frame;
import culvert.protocol.FrameType;
import culvert.protocol.Message;
import culvert.protocol.ProtocolException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
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

  /** Space kept after a DATA frame for a HALF_CLOSE and a PING, in bytes. */
  private static final int TAIL_BYTES = 2 * Frame.HEADER_BYTES;

  /** Maximum length of an OPEN_FLOW, in bytes. */
  private static final int OPEN_FLOW_BYTES = Frame.HEADER_BYTES + 512;

  /** The kinds of data that take turns. */
  private enum Kind {
    SPARSE,
    DATAGRAMS,
    BULK
  }

  private final Link link;
  private final SendBatch batch;
  private final StreamTurns streams = new StreamTurns();
  private final DatagramQueue datagrams;
  private final SendBalance balance = new SendBalance();
  private final OpenCredits<MuxStream> credits;

  /** The service of each stream whose OPEN has been put into a batch and is not answered. */
  private final Map<Long, String> unanswered = new HashMap<>();

  private Kind lastTurn = Kind.BULK;
  private int frames;
  private long lastId;

  SendScheduler(Link link, CongestionWindow congestion, int opensGranted) {
    this.link = link;
    this.batch = new SendBatch(link.pool(), congestion);
    this.credits = new OpenCredits<>(opensGranted);
    this.datagrams = new DatagramQueue(link.pool(), link.droppedDatagrams());
  }

  /** Returns the highest id assigned so far. */
  long lastId() {
    return lastId;
  }

  /** Returns the number of the batch that is being filled. */
  long batch() {
    return batch.number();
  }

  /** Returns how many DATA frames the batch holds. */
  int frames() {
    return frames;
  }

  /** Returns whether no stream and no datagram waits for its turn. */
  boolean isIdle() {
    return streams.isEmpty() && datagrams.isEmpty();
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
    return !batch.isEmpty() || !isIdle() && batch.available() > 0;
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
      streams.add(stream, batch.number());
    }
  }

  private static boolean canSend(StreamOutput s) {
    return s.pendingOpen != null || s.window > 0;
  }

  /** Removes an ended stream from every queue, and an OPEN that was not sent. */
  void remove(MuxStream stream) {
    StreamOutput s = stream.out;
    streams.remove(stream);
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
    streams.countCheck();
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
    while (hasRoom && !isIdle() && batch.available() > 0) {
      lastTurn = nextKind();
      switch (lastTurn) {
        case SPARSE -> putNext(streams.pollSparse());
        case DATAGRAMS -> hasRoom = putDatagrams();
        case BULK -> {
          int before = batch.length();
          putNext(streams.pollBulk());
          balance.sentBulk(SendBalance.cost(batch.length() - before));
        }
      }
    }
  }

  /** Returns the kind that has the next turn; something waits. */
  private Kind nextKind() {
    boolean hasOthers = streams.hasBulk() || !datagrams.isEmpty();
    if (streams.hasSparse() && (lastTurn != Kind.SPARSE || !hasOthers)) {
      return Kind.SPARSE;
    }
    boolean isBulk = datagrams.isEmpty() || streams.hasBulk() && balance.isBulkNext();
    return isBulk ? Kind.BULK : Kind.DATAGRAMS;
  }

  private void putNext(MuxStream stream) {
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
    while (left > 0 && !datagrams.isEmpty() && batch.available() > 0) {
      MuxFlow flow = datagrams.next();
      int length = datagrams.length(flow);
      if (!batch.hasSpace(OPEN_FLOW_BYTES + Frame.HEADER_BYTES + length + TAIL_BYTES)) {
        return false;
      }
      if (flow.pendingOpen != null) {
        putOpen(flow);
      }
      Frame.write(batch.buffer(), FrameType.DATAGRAM, length, flow.id());
      datagrams.take(flow, batch.buffer());
      int cost = SendBalance.cost(Frame.HEADER_BYTES + length);
      balance.sentDatagrams(cost);
      left -= cost;
    }
    return true;
  }

  private void putOpen(MuxFlow flow) {
    flow.id(++lastId);
    flow.openBatch = batch.number();
    link.flows().register(flow);
    Message.write(batch.buffer(), lastId, flow.pendingOpen);
    flow.pendingOpen = null;
  }

  /**
   * Runs one turn: the OPEN if it is pending, one bounded frame, and the HALF_CLOSE if no payload
   * is left.
   */
  void fillFrom(MuxStream stream) {
    StreamOutput s = stream.out;
    if (s.failed || batch.available() == 0) {
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
    if (s.payload == null && s.pendingHalfClose && batch.available() > 0) {
      putHalfClose(stream);
    }
  }

  /** Assigns the id here, so that ids increase in the order of transmission. */
  private void putOpen(MuxStream stream) {
    StreamOutput s = stream.out;
    stream.id(++lastId);
    s.openBatch = batch.number();
    unanswered.put(lastId, s.pendingOpen.service());
    link.streams().register(stream);
    Message.write(batch.buffer(), lastId, s.pendingOpen);
    s.pendingOpen = null;
  }

  /** A RESET that has waited for the end of the output follows it. */
  private void putHalfClose(MuxStream stream) {
    StreamOutput s = stream.out;
    s.pendingHalfClose = false;
    s.endBatch = batch.number();
    Frame.write(batch.buffer(), FrameType.HALF_CLOSE, 0, stream.id());
    if (s.pendingReset != null) {
      Message.write(batch.buffer(), stream.id(), new Message.Reset(s.pendingReset));
      s.pendingReset = null;
    }
  }

  private void putData(MuxStream stream) {
    StreamOutput s = stream.out;
    long max = isIdle() ? MAX_FRAME_BYTES : MAX_SHARED_FRAME_BYTES;
    long room = batch.available() - Frame.HEADER_BYTES - TAIL_BYTES;
    int n = (int) Math.min(Math.min(max, room), Math.min(s.window, s.payload.remaining()));
    if (n <= 0) {
      return;
    }
    ByteBuffer to = batch.buffer();
    Frame.write(to, FrameType.DATA, n, stream.id());
    int end = s.payload.limit();
    s.payload.limit(s.payload.position() + n);
    to.put(s.payload);
    s.payload.limit(end);
    s.window -= n;
    s.lastBatch = batch.number();
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
   * Makes the batch small, because the write of the one before has to wait: further payload stays
   * with its senders.
   */
  void startWaiting() {
    batch.startWaiting();
  }

  /** Makes the batch as large as usual again, if it is small. */
  void stopWaiting() {
    batch.stopWaiting();
  }

  /** Returns the batch to be written and starts the next one; null if it is empty. */
  ByteBuffer take() {
    frames = 0;
    return batch.take();
  }

  /** Discards the batch and all queues; the link has ended. */
  void clear() {
    batch.clear();
    streams.clear();
    datagrams.clear();
    credits.clear();
  }
}
