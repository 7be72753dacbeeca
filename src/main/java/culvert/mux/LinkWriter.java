package culvert.mux;

import culvert.net.ByteOutput;
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
 * The sending half of a link. A thread that has payload becomes the writer if no write is in
 * progress, and also writes what other streams have queued. The link's writer thread sends control
 * frames, and the payload that other writers leave.
 *
 * <p>One lock guards every field that is not volatile, here, in {@link SendQueue} and its parts,
 * and in every {@link StreamOutput}. It is never held while writing to the connection.
 */
final class LinkWriter {

  /** Batches that a thread with payload of its own writes before the link's thread takes over. */
  private static final int MAX_BATCHES_OF_STREAM = 3;

  private final Link link;
  private final ByteOutput out;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition();
  private final SendQueue queue;
  private boolean writing;
  private boolean ended;

  /**
   * Whether the last batch carried several streams, so that after one yield others will have added
   * to the next one; a single stream would only lose time. Read without the lock, as a hint.
   */
  private volatile boolean severalStreams;

  private volatile IOException failure;

  LinkWriter(Link link, int opensGranted) {
    this.link = link;
    this.out = link.connection().output();
    this.queue = new SendQueue(link, opensGranted);
  }

  /** Returns the current round-trip time in nanoseconds; takes no lock. */
  long roundTripNanos() {
    return queue.congestion.roundTripNanos();
  }

  // Payload: called by the threads that own streams.

  /**
   * Sends all of {@code source}. Blocks while the stream's window, the congestion window or the
   * turns of other streams require it.
   */
  void send(MuxStream stream, ByteBuffer source) throws IOException {
    StreamOutput output = stream.out;
    boolean becameWriter;
    boolean taken;
    lock.lock();
    try {
      checkOpen(stream);
      output.payload = source;
      output.sender = Thread.currentThread();
      if (queue.scheduler.isIdle()) {
        queue.scheduler.fillFrom(stream);
      }
      taken = output.payload == null;
      if (taken) {
        output.sender = null;
      }
      queue.scheduler.enqueue(stream);
      becameWriter = tryBecomeWriter();
    } finally {
      lock.unlock();
    }
    if (becameWriter) {
      if (severalStreams) {
        Thread.yield();
      }
      writeBatches(stream);
    }
    if (!taken) {
      awaitTaken(stream);
    }
  }

  private void awaitTaken(MuxStream stream) throws IOException {
    StreamOutput output = stream.out;
    for (; ; ) {
      lock.lock();
      try {
        if (output.payload == null) {
          output.sender = null;
          return;
        }
        if (output.failed || ended) {
          output.payload = null;
          output.sender = null;
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
    if (ended || stream.out.failed) {
      throw new IOException(Link.LOST);
    }
    if (stream.out.halfClosed) {
      throw new IOException("the output is closed");
    }
  }

  /** Sends an OPEN that no payload has carried yet; yields once first, to let payload join it. */
  void sendOpen(MuxStream stream) {
    Thread.yield();
    boolean becameWriter;
    lock.lock();
    try {
      queue.scheduler.enqueue(stream);
      becameWriter = tryBecomeWriter();
    } finally {
      lock.unlock();
    }
    if (becameWriter) {
      writeBatches(stream);
    }
  }

  /** Ends the output after everything sent so far; does not wait for the write. */
  void halfClose(MuxStream stream) {
    update(() -> {
      // Within the lock: the peer must not see the end before this side has recorded it.
      stream.endOutput();
      if (!stream.out.halfClosed) {
        stream.out.halfClosed = true;
        stream.out.pendingHalfClose = true;
        queue.scheduler.enqueue(stream);
      }
    });
  }

  // Control: called by any thread, the link's reader included; never blocks.

  void answer(MuxStream stream, Message answer) {
    update(() -> queue.control.answer(stream, answer));
  }

  void grant(MuxStream stream, long bytes) {
    update(() -> queue.control.grant(stream, bytes));
  }

  void pong(long token) {
    update(() -> queue.control.pong(token));
  }

  /** Queues a message of the session. */
  void message(Message message) throws ProtocolException {
    update(() -> queue.message(message));
  }

  /** Requests a PONG from the peer, even if there is nothing else to send. */
  void ping() {
    update(queue::requestPing);
  }

  /** Sends BYE as the last frame; only control that is already queued precedes it. */
  void bye(Message.Bye bye) {
    update(() -> queue.control.bye(bye));
  }

  /** Sends BYE as the last frame, after the payload of all streams; the first reason stays. */
  void byeAfterPayload(Message.Bye bye) {
    update(() -> queue.deferBye(bye));
  }

  /**
   * Ends a stream in one step.
   *
   * @param answer the answer to the peer's OPEN unless one was sent before, or null
   * @param drop whether to discard the stream's queued payload and wake its sender
   * @param reason why the peer sees a reset, or null for no RESET; ignored unless {@code drop}
   */
  void abort(MuxStream stream, Message.Refused answer, boolean drop, ResetReason reason) {
    Thread sender = null;
    lock.lock();
    try {
      if (answer != null && !ended) {
        queue.control.answer(stream, answer);
      }
      if (drop) {
        sender = drop(stream);
      }
      if (drop && reason != null && !ended) {
        queue.control.reset(stream, reason);
      }
      if (!ended) {
        wakeWriter();
      }
    } finally {
      lock.unlock();
    }
    LockSupport.unpark(sender);
  }

  private Thread drop(MuxStream stream) {
    StreamOutput output = stream.out;
    output.failed = true;
    output.pendingOpen = null;
    output.pendingHalfClose = false;
    queue.scheduler.remove(stream);
    return output.sender;
  }

  // Frames that the reader received.

  void receiveGrant(MuxStream stream, int bytes) throws ProtocolException {
    update(() -> {
      stream.out.window += bytes;
      if (stream.out.window > Integer.MAX_VALUE) {
        throw new ProtocolException(
            "WINDOW raises the window of stream " + stream.id() + " above 2147483647");
      }
      queue.scheduler.enqueue(stream);
    });
  }

  void receivePong(long token) throws ProtocolException {
    lock.lock();
    try {
      if (!queue.congestion.pong(token, System.nanoTime())) {
        throw new ProtocolException("PONG for a PING that was not sent");
      }
      // After BYE too, when only acknowledgements are awaited.
      if (!ended) {
        wakeWriter();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Records an answer to an OPEN of this side. */
  void receiveAnswer(long id) throws ProtocolException {
    update(() -> queue.scheduler.receiveAnswer(id));
  }

  /** Records an OPEN; returns false if more are unanswered now than this side granted. */
  boolean receiveOpen(int granted) {
    lock.lock();
    try {
      return queue.control.receiveOpen() <= granted;
    } finally {
      lock.unlock();
    }
  }

  // Counters.

  /** Returns whether the peer has not acknowledged everything that streams have sent. */
  boolean hasUnacknowledged() {
    lock.lock();
    try {
      return queue.hasUnacknowledged();
    } finally {
      lock.unlock();
    }
  }

  /** Returns a count that changes while sent bytes are written or acknowledged. */
  long progress() {
    lock.lock();
    try {
      return queue.congestion.progress();
    } finally {
      lock.unlock();
    }
  }

  /** Returns the link's counters for a liveness check. */
  LivenessRule.Sample sample(long nanos, long wallMillis) {
    lock.lock();
    try {
      return new LivenessRule.Sample(
          nanos,
          wallMillis,
          link.connection().received(),
          link.connection().sent(),
          queue.congestion.acknowledged(),
          writing,
          queue.scheduler.hasUnanswered());
    } finally {
      lock.unlock();
    }
  }

  /** Returns the highest stream id that this side has opened. */
  long lastId() {
    lock.lock();
    try {
      return queue.scheduler.lastId();
    } finally {
      lock.unlock();
    }
  }

  /** Stops writing. */
  void end() {
    lock.lock();
    try {
      ended = true;
      queue.clear();
      work.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private interface Change<E extends Exception> {
    void make() throws E;
  }

  /** Changes the queue and wakes the link's thread if there is something to write. */
  private <E extends Exception> void update(Change<E> change) throws E {
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

  // Writing: the link's thread, and threads with payload that became the writer.

  /** Writes what no other thread writes, until the link ends. */
  void run() {
    while (awaitWork()) {
      writeBatches(null);
    }
  }

  private boolean awaitWork() {
    lock.lock();
    try {
      while (!ended && !tryBecomeWriter()) {
        work.awaitUninterruptibly();
      }
      return !ended;
    } finally {
      lock.unlock();
    }
  }

  private void wakeWriter() {
    if (!writing && queue.hasWork()) {
      work.signal();
    }
  }

  /** Makes the calling thread the writer if no write is in progress and there is work. */
  private boolean tryBecomeWriter() {
    if (writing || ended || !queue.hasWork()) {
      return false;
    }
    writing = true;
    return true;
  }

  /**
   * Writes batches until nothing is left or, for a thread with a stream of its own, until the
   * link's thread takes over.
   *
   * @param own the calling thread's stream, or null for the link's thread
   */
  private void writeBatches(MuxStream own) {
    try {
      for (int round = 0; writeBatch(own, round); round++) {
        // The condition does the work.
      }
    } catch (RuntimeException | Error e) {
      // Without a writer the link would hang, so it ends; its reader reports the error.
      fail(new IOException("internal error in the link's writer: " + e, e));
    }
  }

  private void fail(IOException cause) {
    failure = cause;
    end();
    link.connection().close();
  }

  /** Returns the error that broke the sending half, if that ended the link. */
  Optional<IOException> failure() {
    return Optional.ofNullable(failure);
  }

  /** Writes one batch; returns false once the calling thread is no longer the writer. */
  private boolean writeBatch(MuxStream own, int round) {
    SendQueue.Batch batch;
    lock.lock();
    try {
      boolean handOver = own != null && round >= MAX_BATCHES_OF_STREAM;
      if (!ended) {
        queue.scheduler.fill();
      }
      if (ended || handOver || !queue.hasWork()) {
        writing = false;
        wakeWriter();
        return false;
      }
      severalStreams = queue.scheduler.frames() > 1;
      batch = queue.take();
    } finally {
      lock.unlock();
    }
    write(batch);
    return true;
  }

  private void write(SendQueue.Batch batch) {
    try {
      out.write(batch.bytes());
      if (batch.last()) {
        link.connection().closeOutput();
        end();
      }
    } catch (IOException e) {
      fail(e);
    } finally {
      if (batch.buffer() != null) {
        link.pool().release(batch.buffer());
      }
    }
  }
}
