package culvert.mux;

import culvert.net.ByteOutput;
import culvert.protocol.Frame;
import culvert.protocol.Message;
import culvert.protocol.ProtocolException;
import culvert.protocol.ResetReason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The sending half of a leg. Payload is put into a batch by the threads that have it, or taken from
 * them in turn ({@link SendScheduler}); control is noted as state and goes in front of the batch
 * ({@link PendingControl}). Whoever has payload and finds nobody writing writes for all; control
 * alone, and what a writer leaves over, is written by the leg's own thread.
 *
 * <p>One lock guards every field that is not volatile, here and in those two; it is never held
 * while writing to the connection.
 */
final class LinkWriter {

  /** Batches that a thread with payload of its own writes before the leg's thread takes over. */
  private static final int LEAD_ROUNDS = 3;

  private final Link leg;
  private final ByteOutput out;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition();
  private final CongestionWindow inFlight = new CongestionWindow();
  private final SendScheduler turns;
  private final PendingControl owed = new PendingControl();
  private boolean pingWanted;
  private Message.Bye byeToCome;
  private boolean writing;
  private boolean ended;

  /**
   * The last batch carried several streams, so one yield will let others add to the next; a lone
   * stream would only lose time. Read without the lock: it is a hint.
   */
  private volatile boolean crowded;

  private volatile IOException failure;

  LinkWriter(Link leg, int opensGranted) {
    this.leg = leg;
    this.out = leg.connection().output();
    this.turns = new SendScheduler(leg, inFlight, opensGranted);
  }

  long roundTripNanos() {
    return inFlight.roundTripNanos();
  }

  // Payload: called by the threads that own streams.

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
      if (turns.isIdle()) {
        turns.fillFrom(stream);
      }
      taken = s.pending == null;
      if (taken) {
        s.sender = null;
      }
      turns.enqueue(stream);
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

  /** Sends an open that no payload has taken along yet; one yield gives payload the chance. */
  void sendOpen(MuxStream stream) {
    Thread.yield();
    boolean lead;
    lock.lock();
    try {
      turns.enqueue(stream);
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
    note(() -> {
      // In one step with the note: the peer must not answer an end that we do not know of.
      stream.outputEnds();
      if (!stream.send.halfClosed) {
        stream.send.halfClosed = true;
        stream.send.halfCloseOwed = true;
        turns.enqueue(stream);
      }
    });
  }

  // Control: called by anybody, the leg's reader included; never blocks.

  void answer(MuxStream stream, Message answer) {
    note(() -> owed.answer(stream, answer));
  }

  void grant(MuxStream stream, long bytes) {
    note(() -> owed.grant(stream, bytes));
  }

  void reset(MuxStream stream, ResetReason reason) {
    note(() -> owed.reset(stream, reason));
  }

  void pong(long token) {
    note(() -> owed.pong(token));
  }

  /** Once a goodbye is to come nothing of the session goes before it: it would be misread. */
  void message(Message message) throws ProtocolException {
    note(() -> {
      if (byeToCome == null) {
        owed.message(message);
      }
    });
  }

  /** Asks the peer for a pong, whether or not there is anything else to send. */
  void ping() {
    note(() -> pingWanted = true);
  }

  /** The last frame: nothing but control already noted goes before it. */
  void bye(Message.Bye bye) {
    note(() -> owed.bye(bye));
  }

  /** The last frame, once all that streams have sent is written; the first reason given stands. */
  void byeBehindPayload(Message.Bye bye) {
    note(() -> byeToCome = byeToCome == null ? bye : byeToCome);
  }

  // What the reader learns.

  void granted(MuxStream stream, int bytes) throws ProtocolException {
    note(() -> {
      stream.send.window += bytes;
      if (stream.send.window > Integer.MAX_VALUE) {
        throw new ProtocolException("WINDOW grants stream " + stream.id() + " too much");
      }
      turns.enqueue(stream);
    });
  }

  void pongCame(long token) throws ProtocolException {
    lock.lock();
    try {
      if (!inFlight.pong(token, System.nanoTime())) {
        throw new ProtocolException("PONG for a ping that was not sent");
      }
      // Also behind the last words, when all that is left is to know what arrives.
      if (!ended) {
        wakeWriter();
      }
    } finally {
      lock.unlock();
    }
  }

  /** An answer to one of our opens came. */
  void answered(long id) throws ProtocolException {
    note(() -> turns.answered(id));
  }

  /** An open came; returns false if more are unanswered now than were granted. */
  boolean openCame(int granted) {
    lock.lock();
    try {
      return owed.openCame() <= granted;
    } finally {
      lock.unlock();
    }
  }

  /** Whether the peer is not known to have all that streams have sent. */
  boolean isOwing() {
    lock.lock();
    try {
      return !turns.isIdle() || turns.hasPayload() || inFlight.isUnderWay();
    } finally {
      lock.unlock();
    }
  }

  /** A count that changes while what streams have sent is on its way. */
  long moved() {
    lock.lock();
    try {
      return inFlight.moved();
    } finally {
      lock.unlock();
    }
  }

  /** What the leg's counters say now. */
  LivenessRule.Signs signs(long nanos, long wallMillis) {
    lock.lock();
    try {
      return new LivenessRule.Signs(
          nanos,
          wallMillis,
          leg.connection().received(),
          leg.connection().sent(),
          inFlight.arrived(),
          writing,
          turns.isAwaiting());
    } finally {
      lock.unlock();
    }
  }

  /** The highest id that was opened from here. */
  long lastId() {
    lock.lock();
    try {
      return turns.lastId();
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
      turns.remove(stream);
      sender = stream.send.sender;
    } finally {
      lock.unlock();
    }
    LockSupport.unpark(sender);
  }

  /** Nothing is written any more. */
  void end() {
    lock.lock();
    try {
      ended = true;
      turns.drop();
      work.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private interface Change<E extends Exception> {
    void make() throws E;
  }

  /** Changes what is owed or may go, and sees to it that somebody writes it. */
  private <E extends Exception> void note(Change<E> change) throws E {
    lock.lock();
    try {
      if (!ended) {
        change.make();
        wakeWriter();
      }
    } finally {
      lock.unlock();
    }
  }

  // The leg's own thread, and whoever leads.

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

  private boolean somethingToWrite() {
    return pingWanted
        || !owed.isEmpty()
        || turns.hasPayload()
        || (turns.isIdle() ? byeToCome != null : inFlight.pingNeeded());
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
      for (int round = 0; writeBatch(own, round); round++) {
        // The work is in the condition.
      }
    } catch (RuntimeException | Error e) {
      // A bug: without a writer the leg would hang, so it ends, and who reads it tells.
      broken(new IOException("a bug in the leg's writer: " + e, e));
    }
  }

  private void broken(IOException cause) {
    failure = cause;
    end();
    leg.connection().close();
  }

  /** What broke the sending half, if that was what ended the leg. */
  Optional<IOException> failure() {
    return Optional.ofNullable(failure);
  }

  /** Returns false once this thread no longer leads. */
  private boolean writeBatch(MuxStream own, int round) {
    ByteBuffer payload;
    ByteBuffer bytes;
    boolean last;
    lock.lock();
    try {
      boolean enough = own != null && round >= LEAD_ROUNDS;
      if (!ended) {
        turns.fill();
      }
      if (ended || enough || !somethingToWrite()) {
        writing = false;
        wakeWriter();
        return false;
      }
      if (byeToCome != null && turns.isIdle() && !turns.hasPayload()) {
        owed.bye(byeToCome);
      }
      last = owed.byeOwed();
      crowded = turns.frames() > 1;
      ByteBuffer control = owed.put(turns.batch());
      payload = turns.take();
      bytes = join(control, payload);
    } finally {
      lock.unlock();
    }
    write(bytes, payload, last);
    return true;
  }

  private void write(ByteBuffer bytes, ByteBuffer payload, boolean last) {
    try {
      out.write(bytes);
      if (last) {
        leg.connection().closeOutput();
        end();
      }
    } catch (IOException e) {
      broken(e);
    } finally {
      if (payload != null) {
        leg.pool().release(payload);
      }
    }
  }

  /** One run of bytes: control, then payload, then a ping that tells when all of it arrived. */
  private ByteBuffer join(ByteBuffer control, ByteBuffer payload) {
    long now = System.nanoTime();
    if (pingWanted || inFlight.pingDue(now) || inFlight.pingNeeded()) {
      pingWanted = false;
      boolean behind = payload != null && payload.remaining() >= 2 * Frame.HEADER_BYTES;
      Message.write(behind ? payload : control, 0, new Message.Ping(inFlight.ping(now)));
    }
    if (owed.byeOwed()) {
      owed.putBye();
    }
    control.flip();
    if (payload == null) {
      return control;
    }
    int start = PendingControl.CONTROL_BYTES - control.remaining();
    payload.put(start, control, 0, control.remaining());
    return payload.flip().position(start);
  }
}
