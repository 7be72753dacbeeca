package culvert.mux;

import culvert.net.BufferPool;
import culvert.net.ByteOutput;
import culvert.protocol.Frame;
import culvert.protocol.Message;
import culvert.protocol.ProtocolException;
import culvert.protocol.RefusedReason;
import culvert.protocol.ResetReason;
import culvert.protocol.Verb;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The sending half of a leg. Payload is put into a batch by the threads that have it, or taken from
 * them in turn, a bounded frame a stream; control is noted as state and put in front of the batch.
 * Whoever has payload and finds nobody writing writes for all, after one yield that lets others add
 * to the batch; control alone, and what a writer leaves over, is written by the leg's own thread.
 *
 * <p>One lock guards every field; it is never held while writing to the connection.
 */
final class LegWriter {

  /** Room in front of the payload for control, in bytes. */
  private static final int CONTROL_BYTES = 8 * 1024;

  /** Most a stream may put into a batch while others wait, in bytes. */
  private static final int TURN_BYTES = 16 * 1024;

  /** Most a data frame carries, in bytes. */
  private static final int MOST_FRAME_BYTES = 64 * 1024;

  /**
   * A stream that was not in the last batch and has no more than this goes before bulk, in bytes.
   */
  private static final int SPARSE_BYTES = 1024;

  /** Batches that a thread with payload of its own writes before the leg's thread takes over. */
  private static final int LEAD_ROUNDS = 3;

  /** Most messages of the session that wait to be written. */
  private static final int MOST_MESSAGES = 1024;

  /** Longest reset, answer and grant of one stream together, in bytes. */
  private static final int MOST_OWED_BYTES = 640;

  /** What stays free in the control room for a pong, a ping and the last words, in bytes. */
  private static final int CONTROL_RESERVE_BYTES = 640;

  private final Leg leg;
  private final ByteOutput out;
  private final BufferPool pool;
  private final ByteBuffer control = ByteBuffer.allocate(CONTROL_BYTES);

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition();
  private final InFlight inFlight = new InFlight();
  private final ArrayDeque<MuxStream> bulk = new ArrayDeque<>();
  private final ArrayDeque<MuxStream> sparse = new ArrayDeque<>();
  private final ArrayDeque<MuxStream> opening = new ArrayDeque<>();
  private final ArrayDeque<MuxStream> owing = new ArrayDeque<>();
  private final ArrayDeque<Message> messages = new ArrayDeque<>();
  private final Set<Long> unanswered = new HashSet<>();
  private final int opensGranted;
  private int unansweredHere;
  private ByteBuffer filling;
  private boolean writing;
  private int framesInBatch;

  /**
   * The last batch carried several streams, so one yield will let others add to the next; a lone
   * stream would only lose time. Racy on purpose: it is a hint.
   */
  private boolean crowded;

  private boolean sparseNext;
  private boolean pongOwed;
  private long pongToken;
  private long batch;
  private long lastId;
  private Message.Bye byeOwed;
  private boolean ended;

  LegWriter(Leg leg, int opensGranted) {
    this.leg = leg;
    this.out = leg.connection().output();
    this.pool = leg.pool();
    this.opensGranted = opensGranted;
  }

  long roundTripNanos() {
    return inFlight.roundTripNanos();
  }

  // ---- payload, called by the threads that own streams -----------------------------------------

  /**
   * Sends all of {@code source}; blocks while the window, the leg or the turn of others demand it.
   */
  void send(MuxStream stream, ByteBuffer source) throws IOException {
    var s = stream.send;
    boolean lead;
    boolean taken;
    lock.lock();
    try {
      checkOpen(stream);
      s.pending = source;
      s.sender = Thread.currentThread();
      if (bulk.isEmpty() && sparse.isEmpty()) {
        fillFrom(stream);
      }
      taken = s.pending == null;
      if (taken) {
        s.sender = null;
      }
      enqueue(stream);
      lead = takeLead();
    } finally {
      lock.unlock();
    }
    if (lead) {
      if (crowded) {
        Thread.yield();
      }
      writeRounds(stream);
    }
    if (!taken) {
      awaitTaken(stream);
    }
  }

  private void awaitTaken(MuxStream stream) throws IOException {
    var s = stream.send;
    for (; ; ) {
      lock.lock();
      try {
        if (s.pending == null) {
          s.sender = null;
          return;
        }
        if (s.dead || ended) {
          s.pending = null;
          s.sender = null;
          checkOpen(stream);
        }
      } finally {
        lock.unlock();
      }
      LockSupport.park(this);
    }
  }

  private void checkOpen(MuxStream stream) throws IOException {
    stream.checkUsable();
    if (ended || stream.send.dead) {
      throw new IOException("the leg was lost");
    }
    if (stream.send.halfClosed) {
      throw new IOException("the output is closed");
    }
  }

  /** Sends an open that no payload has taken along yet. */
  void sendOpen(MuxStream stream) {
    Thread.yield();
    boolean lead;
    lock.lock();
    try {
      enqueue(stream);
      lead = takeLead();
    } finally {
      lock.unlock();
    }
    if (lead) {
      writeRounds(stream);
    }
  }

  /** Ends the output behind everything sent so far; does not wait for it to be written. */
  void halfClose(MuxStream stream) {
    lock.lock();
    try {
      if (!stream.send.halfClosed) {
        stream.send.halfClosed = true;
        stream.send.halfCloseOwed = true;
        enqueue(stream);
        wakeWriter();
      }
    } finally {
      lock.unlock();
    }
  }

  // ---- control, called by anybody, the leg's reader included: never blocks
  // ------------------------

  void answer(MuxStream stream, Message answer) {
    lock.lock();
    try {
      if (!stream.send.answered) {
        stream.send.answered = true;
        stream.send.answerOwed = answer;
        owe(stream);
      }
    } finally {
      lock.unlock();
    }
  }

  void grant(MuxStream stream, long bytes) {
    lock.lock();
    try {
      stream.send.grantOwed += bytes;
      owe(stream);
    } finally {
      lock.unlock();
    }
  }

  void reset(MuxStream stream, ResetReason reason) {
    lock.lock();
    try {
      if (stream.send.theirs && !stream.send.answered) {
        stream.send.answered = true;
        stream.send.answerOwed = new Message.Refused(RefusedReason.BUSY, "not connected");
        owe(stream);
      } else if (stream.id() != 0) {
        stream.send.resetOwed = reason;
        stream.send.grantOwed = 0;
        owe(stream);
      }
    } finally {
      lock.unlock();
    }
  }

  void pong(long token) {
    lock.lock();
    try {
      pongOwed = true;
      pongToken = token;
      wakeWriter();
    } finally {
      lock.unlock();
    }
  }

  void message(Message message) throws ProtocolException {
    lock.lock();
    try {
      if (messages.size() >= MOST_MESSAGES) {
        throw new ProtocolException("too many messages that must be answered");
      }
      messages.add(message);
      wakeWriter();
    } finally {
      lock.unlock();
    }
  }

  // ---- what the reader learns -------------------------------------------------------------------

  void granted(MuxStream stream, int bytes) throws ProtocolException {
    lock.lock();
    try {
      stream.send.window += bytes;
      if (stream.send.window > Integer.MAX_VALUE) {
        throw new ProtocolException("WINDOW grants stream " + stream.id() + " too much");
      }
      enqueue(stream);
      wakeWriter();
    } finally {
      lock.unlock();
    }
  }

  void pongCame(long token) throws ProtocolException {
    lock.lock();
    try {
      if (!inFlight.pong(token, System.nanoTime())) {
        throw new ProtocolException("PONG for a ping that was not sent");
      }
      wakeWriter();
    } finally {
      lock.unlock();
    }
  }

  /** An answer came, which makes room for another open. */
  void answered(long id) throws ProtocolException {
    lock.lock();
    try {
      if (!unanswered.remove(id)) {
        throw new ProtocolException("an answer to no open, on stream " + id);
      }
      for (int free = opensGranted - unanswered.size(); free > 0 && !opening.isEmpty(); free--) {
        MuxStream next = opening.poll();
        next.send.queued = false;
        enqueue(next);
      }
      wakeWriter();
    } finally {
      lock.unlock();
    }
  }

  /** An open came; returns false if more are unanswered now than were granted. */
  boolean openCame(int granted) {
    lock.lock();
    try {
      return ++unansweredHere <= granted;
    } finally {
      lock.unlock();
    }
  }

  /** The highest id that was opened from here. */
  long lastId() {
    lock.lock();
    try {
      return lastId;
    } finally {
      lock.unlock();
    }
  }

  /** The stream failed: its payload is dropped and its sender wakes. */
  void dead(MuxStream stream) {
    Thread sender;
    lock.lock();
    try {
      stream.send.dead = true;
      stream.send.openOwed = null;
      stream.send.halfCloseOwed = false;
      sender = stream.send.sender;
    } finally {
      lock.unlock();
    }
    LockSupport.unpark(sender);
  }

  // ---- ending -----------------------------------------------------------------------------------

  /** The last frame: nothing but control already noted goes before it. */
  void bye(Message.Bye bye) {
    lock.lock();
    try {
      if (byeOwed == null) {
        byeOwed = bye;
        wakeWriter();
      }
    } finally {
      lock.unlock();
    }
  }

  void end() {
    lock.lock();
    try {
      ended = true;
      if (filling != null) {
        pool.giveBack(filling);
        filling = null;
      }
      work.signalAll();
    } finally {
      lock.unlock();
    }
  }

  // ---- the leg's own thread
  // -----------------------------------------------------------------------

  /** Writes what nobody else is there to write, until the leg ends. */
  void run() {
    while (awaitWork()) {
      writeRounds(null);
    }
  }

  private boolean awaitWork() {
    lock.lock();
    try {
      while (!ended && !takeLead()) {
        work.awaitUninterruptibly();
      }
      return !ended;
    } finally {
      lock.unlock();
    }
  }

  private void wakeWriter() {
    if (!writing && somethingToWrite()) {
      work.signal();
    }
  }

  /** Becomes the one who writes, if nobody is and there is something. */
  private boolean takeLead() {
    if (writing || ended || !somethingToWrite()) {
      return false;
    }
    writing = true;
    return true;
  }

  /**
   * Writes batch after batch until nothing is left or, for a thread that has a stream of its own to
   * look after, until the leg's thread should take over.
   */
  private void writeRounds(MuxStream own) {
    try {
      writeBatches(own);
    } catch (RuntimeException | Error e) {
      // A bug: without a writer the leg would hang, so it ends.
      end();
      leg.connection().close();
      throw e;
    }
  }

  private void writeBatches(MuxStream own) {
    for (int round = 0; ; round++) {
      ByteBuffer payload;
      ByteBuffer bytes;
      boolean last;
      lock.lock();
      try {
        fill();
        boolean enough = own != null && round >= LEAD_ROUNDS && own.send.pending == null;
        if (ended || enough || !somethingToWrite()) {
          writing = false;
          wakeWriter();
          return;
        }
        last = byeOwed != null;
        payload = filling;
        filling = null;
        bytes = putTogether(payload);
        batch++;
        crowded = framesInBatch > 1;
        framesInBatch = 0;
      } finally {
        lock.unlock();
      }
      try {
        out.write(bytes);
        if (last) {
          leg.connection().closeOutput();
          end();
        }
      } catch (IOException e) {
        end();
        leg.connection().close();
      } finally {
        if (payload != null) {
          pool.giveBack(payload);
        }
      }
    }
  }

  /**
   * One run of bytes: control, then the payload behind it, then a ping that tells when it arrived.
   */
  private ByteBuffer putTogether(ByteBuffer payload) {
    inFlight.sent(payload == null ? 0 : payload.position() - CONTROL_BYTES);
    control.clear();
    putControl();
    long now = System.nanoTime();
    if (inFlight.pingDue(now) || inFlight.pingNeeded()) {
      boolean behind = payload != null && payload.remaining() >= 2 * Frame.HEADER_BYTES;
      Message.write(behind ? payload : control, 0, new Message.Ping(inFlight.ping(now)));
    }
    if (byeOwed != null) {
      Message.write(control, 0, byeOwed);
    }
    control.flip();
    if (payload == null) {
      return control;
    }
    int start = CONTROL_BYTES - control.remaining();
    payload.put(start, control, 0, control.remaining());
    return payload.flip().position(start);
  }

  private void putControl() {
    int reserve = MOST_OWED_BYTES + CONTROL_RESERVE_BYTES;
    while (!messages.isEmpty() && control.remaining() > Frame.MOST_MESSAGE_BYTES + reserve) {
      Message.write(control, 0, messages.poll());
    }
    if (pongOwed) {
      Message.write(control, 0, new Message.Pong(pongToken));
      pongOwed = false;
    }
    for (int left = owing.size(); left > 0 && control.remaining() > reserve; left--) {
      MuxStream stream = owing.poll();
      if (stream.send.openBatch == batch) {
        // Its open lies in the payload of this very batch, behind the control.
        owing.add(stream);
      } else {
        stream.send.owing = false;
        putOwed(stream);
      }
    }
  }

  private void putOwed(MuxStream stream) {
    var s = stream.send;
    if (s.answerOwed != null) {
      Message.write(control, stream.id(), s.answerOwed);
      s.answerOwed = null;
      unansweredHere--;
    }
    if (s.resetOwed != null) {
      Message.write(control, stream.id(), new Message.Reset(s.resetOwed));
      s.resetOwed = null;
    }
    if (s.grantOwed > 0) {
      Message.write(control, stream.id(), new Message.Window((int) s.grantOwed));
      s.grantOwed = 0;
    }
  }

  private void owe(MuxStream stream) {
    if (!stream.send.owing) {
      stream.send.owing = true;
      owing.add(stream);
    }
    wakeWriter();
  }

  // ---- the turns
  // ----------------------------------------------------------------------------------

  private boolean somethingToWrite() {
    return filling != null
        || pongOwed
        || !owing.isEmpty()
        || !messages.isEmpty()
        || byeOwed != null
        || !(bulk.isEmpty() && sparse.isEmpty()) && (room() > 0 || inFlight.pingNeeded());
  }

  /** Gives the stream a turn if it has something that may go. */
  private void enqueue(MuxStream stream) {
    var s = stream.send;
    if (s.queued || s.dead) {
      return;
    }
    if (s.openOwed != null && unanswered.size() >= opensGranted) {
      s.queued = true;
      opening.add(stream);
    } else if (mayGo(s)) {
      enqueueReady(stream);
    }
  }

  private void enqueueReady(MuxStream stream) {
    var s = stream.send;
    s.queued = true;
    boolean small = s.pending == null || s.pending.remaining() <= SPARSE_BYTES;
    (small && s.lastBatch + 1 < batch ? sparse : bulk).add(stream);
  }

  private static boolean mayGo(MuxStream.SendState s) {
    return s.openOwed != null
        || s.pending != null && s.window > 0
        || s.pending == null && s.halfCloseOwed;
  }

  private void fill() {
    while (!ended && !(bulk.isEmpty() && sparse.isEmpty()) && room() > 0) {
      sparseNext = !sparseNext && !sparse.isEmpty() || bulk.isEmpty();
      MuxStream stream = (sparseNext ? sparse : bulk).poll();
      stream.send.queued = false;
      fillFrom(stream);
      enqueue(stream);
    }
  }

  /** Bytes that the batch still takes: none, or at least {@link InFlight#LEAST_ROOM_BYTES}. */
  private long room() {
    int batched = filling == null ? 0 : filling.position() - CONTROL_BYTES;
    long space = BufferPool.BUFFER_BYTES - CONTROL_BYTES - batched;
    return space < InFlight.LEAST_ROOM_BYTES ? 0 : Math.min(space, inFlight.room(batched));
  }

  /** One turn: the open if it is owed, a bounded frame, and the half-close if nothing is left. */
  private void fillFrom(MuxStream stream) {
    var s = stream.send;
    if (s.dead || ended || room() == 0) {
      return;
    }
    if (s.openOwed != null) {
      if (unanswered.size() >= opensGranted) {
        return;
      }
      putOpen(stream);
    }
    if (s.pending != null && s.window > 0) {
      putData(stream);
    }
    if (s.pending == null && s.halfCloseOwed && room() > 0) {
      s.halfCloseOwed = false;
      Frame.write(filling(), Verb.HALF_CLOSE, 0, stream.id());
    }
  }

  /** Ids are given in the order of the wire, so that they only increase there. */
  private void putOpen(MuxStream stream) {
    stream.id(++lastId);
    stream.send.window = MuxStream.FIRST_WINDOW;
    unanswered.add(lastId);
    stream.send.openBatch = batch;
    leg.remember(stream);
    Message.write(filling(), lastId, stream.send.openOwed);
    stream.send.openOwed = null;
  }

  private void putData(MuxStream stream) {
    var s = stream.send;
    long most = bulk.isEmpty() && sparse.isEmpty() ? MOST_FRAME_BYTES : TURN_BYTES;
    long room = room() - 3 * Frame.HEADER_BYTES;
    int n = (int) Math.min(Math.min(most, room), Math.min(s.window, s.pending.remaining()));
    if (n <= 0) {
      return;
    }
    ByteBuffer to = filling();
    Frame.write(to, Verb.DATA, n, stream.id());
    int end = s.pending.limit();
    s.pending.limit(s.pending.position() + n);
    to.put(s.pending);
    s.pending.limit(end);
    s.window -= n;
    s.lastBatch = batch;
    framesInBatch++;
    stream.addSent(n);
    if (!s.pending.hasRemaining()) {
      s.pending = null;
      if (s.sender != Thread.currentThread()) {
        LockSupport.unpark(s.sender);
      }
    }
  }

  private ByteBuffer filling() {
    if (filling == null) {
      filling = pool.borrow().position(CONTROL_BYTES);
    }
    return filling;
  }
}
