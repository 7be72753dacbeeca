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
      becameWriter = batches.tryBecomeWriter();
    } finally {
      lock.unlock();
    }
    if (becameWriter) {
      batches.awaitOtherStreams();
      batches.writeBatches(stream);
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
