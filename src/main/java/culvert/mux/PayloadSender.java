package culvert.mux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Sends the payload of streams, in the threads that own them. The lock of the {@link LinkWriter}
 * guards all state that it uses.
 */
final class PayloadSender {

  /** Checks of the link during which {@link #sendSome} waits. */
  private static final int MAX_CHECKS = 2;

  private final ReentrantLock lock;
  private final SendQueue queue;
  private final BatchWriter batches;

  /**
   * Creates a sender.
   *
   * @param lock the writer's lock
   */
  PayloadSender(ReentrantLock lock, SendQueue queue, BatchWriter batches) {
    this.lock = lock;
    this.queue = queue;
    this.batches = batches;
  }

  /**
   * Sends all of {@code source}. Blocks while the stream's window, the congestion window or the
   * turns of other streams require it.
   */
  void send(MuxStream stream, ByteBuffer source) throws IOException {
    send(stream, source, 0);
  }

  /**
   * Sends as {@link #send} does, but returns false if {@value #MAX_CHECKS} checks of the link pass
   * meanwhile; the caller sends the remaining bytes of {@code source} later.
   */
  boolean sendSome(MuxStream stream, ByteBuffer source) throws IOException {
    return send(stream, source, MAX_CHECKS);
  }

  private boolean send(MuxStream stream, ByteBuffer source, int checks) throws IOException {
    StreamOutput output = stream.out;
    boolean becameWriter;
    boolean taken;
    lock.lock();
    try {
      checkOpen(stream);
      output.payload = source;
      output.sender = Thread.currentThread();
      output.checksLeft = checks;
      if (queue.scheduler.isIdle()) {
        queue.scheduler.fillFrom(stream);
      }
      taken = output.payload == null;
      if (taken) {
        output.sender = null;
      }
      queue.scheduler.enqueue(stream);
      becameWriter = batches.tryBecomeWriter();
    } finally {
      lock.unlock();
    }
    if (becameWriter) {
      batches.awaitOtherStreams();
      batches.writeBatches(stream);
    }
    return taken || awaitTaken(stream, checks > 0);
  }

  /** Returns false if the writer has not taken all bytes before the last check. */
  private boolean awaitTaken(MuxStream stream, boolean isLimited) throws IOException {
    StreamOutput output = stream.out;
    for (; ; ) {
      lock.lock();
      try {
        boolean taken = output.payload == null;
        if (taken || isLimited && output.checksLeft == 0) {
          output.payload = null;
          output.sender = null;
          return taken;
        }
        if (output.failed || batches.hasEnded()) {
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
    if (batches.hasEnded() || stream.out.failed) {
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
      becameWriter = batches.tryBecomeWriter();
    } finally {
      lock.unlock();
    }
    if (becameWriter) {
      batches.writeBatches(stream);
    }
  }
}
