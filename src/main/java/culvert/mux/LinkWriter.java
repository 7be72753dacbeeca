package culvert.mux;

import culvert.protocol.Message;
import culvert.protocol.ProtocolException;
import culvert.protocol.StreamResetReason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The sending half of a link. A thread that has payload ({@link PayloadSender}) becomes the writer
 * if no write is in progress, and also writes what other streams have queued ({@link BatchWriter}).
 * The link's writer thread sends control frames, and the payload that other writers leave.
 *
 * <p>One lock guards every field that is not volatile, in {@link BatchWriter}, in {@link SendQueue}
 * and its parts, and in every {@link StreamOutput}. It is never held while writing to the
 * connection.
 */
final class LinkWriter {

  private final Link link;

  private final ReentrantLock lock = new ReentrantLock();
  private final SendQueue queue;
  private final BatchWriter batches;
  private final PayloadSender payload;

  LinkWriter(Link link, int opensGranted) {
    this.link = link;
    this.queue = new SendQueue(link, opensGranted);
    this.batches = new BatchWriter(link, queue, lock);
    this.payload = new PayloadSender(lock, queue, batches);
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
    payload.send(stream, source);
  }

  /** Sends as {@link #send} does, but returns false, with the rest, if that takes long. */
  boolean sendSome(MuxStream stream, ByteBuffer source) throws IOException {
    return payload.sendSome(stream, source);
  }

  /** Counts a check of the link for the senders that wait; the timer calls it. */
  void countCheck() {
    lock.lock();
    try {
      queue.scheduler.countCheck();
    } finally {
      lock.unlock();
    }
  }

  /** Requests a credit for a new stream's OPEN; returns false if the stream waits for one. */
  boolean requestOpen(MuxStream stream) {
    lock.lock();
    try {
      return !batches.hasEnded() && queue.scheduler.requestOpen(stream);
    } finally {
      lock.unlock();
    }
  }

  /** Sends an OPEN that no payload has carried yet; yields once first, to let payload join it. */
  void sendOpen(MuxStream stream) {
    payload.sendOpen(stream);
  }

  /** Ends the output after everything sent so far; does not wait for the write. */
  void halfClose(MuxStream stream) {
    update(() -> {
      // Within the lock: the peer must not see the end before this side has recorded it.
      stream.endOutput();
      // The end of a stream that was reset would hide its RESET.
      if (!stream.out.halfClosed && !stream.out.failed) {
        stream.out.halfClosed = true;
        stream.out.pendingHalfClose = true;
        queue.scheduler.enqueue(stream);
      }
    });
  }

  // Datagrams: called by any thread, the link's reader included; never blocks.

  /** Queues a datagram, or drops it; returns the bytes of the flow that were dropped. */
  int sendDatagram(MuxFlow flow, ByteBuffer datagram) {
    lock.lock();
    try {
      if (batches.hasEnded() || flow.isClosed) {
        return datagram.remaining();
      }
      int dropped = queue.scheduler.datagrams().add(flow, datagram);
      batches.wakeWriter();
      return dropped;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Discards the datagrams of a flow that has ended.
   *
   * @param reason why the peer sees a reset, or null for no RESET
   */
  void closeFlow(MuxFlow flow, StreamResetReason reason) {
    update(() -> {
      flow.isClosed = true;
      queue.scheduler.datagrams().remove(flow);
      if (reason != null && flow.id() != 0) {
        queue.control.reset(flow, reason);
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

  /** Returns whether messages of the session are queued. */
  boolean hasMessages() {
    lock.lock();
    try {
      return queue.control.hasMessages();
    } finally {
      lock.unlock();
    }
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
   * @param drop whether to discard the stream's queued payload and wake its sender; if the output
   *     has ended, its end is still sent
   * @param reason why the peer sees a reset, or null for no RESET; ignored unless {@code drop}
   */
  void abort(MuxStream stream, Message.Refused answer, boolean drop, StreamResetReason reason) {
    Thread sender = null;
    lock.lock();
    try {
      if (answer != null && !batches.hasEnded()) {
        queue.control.answer(stream, answer);
      }
      if (drop) {
        sender = drop(stream);
      }
      if (drop && reason != null && !batches.hasEnded()) {
        queue.control.reset(stream, reason);
      }
      if (!batches.hasEnded()) {
        batches.wakeWriter();
      }
    } finally {
      lock.unlock();
    }
    LockSupport.unpark(sender);
  }

  private Thread drop(MuxStream stream) {
    StreamOutput output = stream.out;
    if (output.halfClosed && output.pendingOpen == null) {
      return null;
    }
    output.failed = true;
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
      if (!batches.hasEnded()) {
        batches.wakeWriter();
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
          batches.isWriting(),
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

  // Writing.

  /** Writes what no other thread writes, until the link ends. */
  void run() {
    batches.run();
  }

  /** Stops writing. */
  void end() {
    batches.end();
  }

  /** Returns the error that broke the sending half, if that ended the link. */
  Optional<IOException> failure() {
    return batches.failure();
  }

  private interface Change<E extends Exception> {
    void make() throws E;
  }

  /** Changes the queue and wakes the link's thread if there is something to write. */
  private <E extends Exception> void update(Change<E> change) throws E {
    lock.lock();
    try {
      if (!batches.hasEnded()) {
        change.make();
        batches.wakeWriter();
      }
    } finally {
      lock.unlock();
    }
  }
}
