package culvert.mux;

import culvert.net.ByteOutput;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Writes the batches of a link to its connection. One thread at a time is the writer: the link's
 * writer thread, or a thread with payload that found no write in progress. A write that has to wait
 * is continued by the link's thread, so that the other can give its buffer back. The lock of the
 * {@link LinkWriter} guards every field that is not volatile; it is never held while writing.
 */
final class BatchWriter {

  /** Batches that a thread with payload of its own writes before the link's thread takes over. */
  private static final int MAX_BATCHES_OF_STREAM = 3;

  private final Link link;
  private final ByteOutput out;
  private final SendQueue queue;
  private final ReentrantLock lock;
  private final Condition work;
  private boolean writing;
  private boolean ended;

  /** The rest of a batch that the link's thread has to write next, or null. */
  private SendQueue.Batch rest;

  /**
   * Whether the last batch carried several streams, so that after one yield others will have added
   * to the next one; a single stream would only lose time. Read without the lock, as a hint.
   */
  private volatile boolean severalStreams;

  private volatile IOException failure;

  /**
   * Creates a writer for the contents of the queue.
   *
   * @param lock the lock of the {@link LinkWriter}, which guards the queue too
   */
  BatchWriter(Link link, SendQueue queue, ReentrantLock lock) {
    this.link = link;
    this.out = link.connection().output();
    this.queue = queue;
    this.lock = lock;
    this.work = lock.newCondition();
  }

  // With the lock held.

  /** Returns whether a write is in progress. */
  boolean isWriting() {
    return writing;
  }

  /** Returns whether writing has stopped. */
  boolean hasEnded() {
    return ended;
  }

  /** Wakes the link's thread if there is something to write. */
  void wakeWriter() {
    if (!writing && queue.hasWork()) {
      work.signal();
    }
  }

  /** Makes the calling thread the writer if no write is in progress and there is work. */
  boolean tryBecomeWriter() {
    if (writing || ended || !queue.hasWork()) {
      return false;
    }
    writing = true;
    return true;
  }

  // Without the lock.

  /** Lets other streams add to the next batch if they took part in the last one. */
  void awaitOtherStreams() {
    if (severalStreams) {
      Thread.yield();
    }
  }

  /** Writes the batches that no other thread writes, until the link ends. */
  void run() {
    while (awaitWork()) {
      writeBatches(null);
    }
  }

  private boolean awaitWork() {
    lock.lock();
    try {
      while (!ended && rest == null && !tryBecomeWriter()) {
        work.awaitUninterruptibly();
      }
      // The connection releases its part of the rest when that is written, also after the end.
      return !ended || rest != null;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Writes batches until nothing is left or, for a thread with a stream of its own, until the
   * link's thread takes over.
   *
   * @param own the calling thread's stream, or null for the link's thread
   */
  void writeBatches(MuxStream own) {
    try {
      int round = 0;
      while (writeBatch(own, round)) {
        round++;
      }
    } catch (RuntimeException | Error e) {
      // Without a writer the link would hang, so it ends; its reader reports the error.
      fail(new IOException("internal error in the link's writer: " + e, e));
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
      if (rest != null) {
        batch = rest;
        rest = null;
      } else {
        boolean handOver = own != null && round >= MAX_BATCHES_OF_STREAM;
        queue.scheduler.stopWaiting();
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
      }
    } finally {
      lock.unlock();
    }
    return write(batch, own == null);
  }

  /**
   * Writes a batch, or the rest of one.
   *
   * @param mayWait whether the calling thread waits; otherwise the link's thread does it
   * @return whether the write has ended; otherwise the link's thread is the writer
   */
  private boolean write(SendQueue.Batch batch, boolean mayWait) {
    SendQueue.Batch held = batch;
    try {
      if (!held.isRest() && !out.writeSome(held.bytes())) {
        held = held.rest(link.pool());
        if (!beginWait(mayWait ? null : held)) {
          held = null;
          return false;
        }
      }
      if (held.isRest()) {
        out.write(held.bytes());
      }
      if (held.last()) {
        link.connection().closeOutput();
        end();
      }
    } catch (IOException e) {
      fail(e);
    } finally {
      if (held != null) {
        held.release(link.pool());
      }
    }
    return true;
  }

  /**
   * Records that the write has to wait.
   *
   * @param left the rest that the link's thread writes instead of the calling one, or null
   * @return whether the calling thread continues the write
   */
  private boolean beginWait(SendQueue.Batch left) {
    lock.lock();
    try {
      queue.scheduler.startWaiting();
      if (left == null || ended) {
        return true;
      }
      rest = left;
      work.signal();
      return false;
    } finally {
      lock.unlock();
    }
  }
}
