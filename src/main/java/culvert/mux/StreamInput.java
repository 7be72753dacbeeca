package culvert.mux;

import culvert.net.ByteInput;
import culvert.net.ByteOutput;
import culvert.net.CloseCause;
import culvert.protocol.ProtocolException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * The receiving half of a stream. The link's reader adds bytes, the thread that owns the stream
 * reads them, and bytes that were read are granted to the peer again. One lock guards the queue,
 * the window, and every field that is neither volatile nor final; the writer's lock is never taken
 * while it is held.
 */
final class StreamInput extends ByteInput {

  /** Why the stream failed. */
  record Failure(CloseCause cause, String text) {}

  private final MuxStream stream;
  private final Link link;
  private final ReceiveQueue queue;
  private final ReceiveWindow window;
  private final ReentrantLock lock = new ReentrantLock();
  private Thread waiting;

  private volatile boolean ended;
  private volatile Failure failure;
  private volatile long held;
  private volatile long lastReadNanos = System.nanoTime();
  private volatile long received;

  /** The bytes that were read and written to their receiver. */
  private long consumed;

  /** Whether {@link #tryAbandon} has succeeded. */
  private boolean abandoned;

  /**
   * Whether the link's reader will wake this stream; only the reader sets it, and {@link #wake}
   * clears it.
   */
  private boolean marked;

  StreamInput(MuxStream stream, Link link) {
    this.stream = stream;
    this.link = link;
    this.queue = new ReceiveQueue(link.pool());
    this.window = new ReceiveWindow(link);
  }

  // Called by the link's reader; never blocks.

  /**
   * Adds the received part of a DATA frame. Returns false if this side has abandoned the stream:
   * the peer then has to be sent a RESET.
   */
  boolean receive(ByteBuffer bytes) throws ProtocolException {
    int n = bytes.remaining();
    lock.lock();
    try {
      if (ended) {
        throw new ProtocolException("DATA after HALF_CLOSE on stream " + stream.id());
      }
      if (!window.use(n)) {
        throw new ProtocolException("DATA beyond the window of stream " + stream.id());
      }
      received += n;
      if (failure == null) {
        if (queue.held() == 0) {
          // These bytes have not waited yet: the unread time starts now.
          lastReadNanos = System.nanoTime();
        }
        queue.add(bytes);
        held = queue.held();
      }
      return !abandoned;
    } finally {
      lock.unlock();
    }
  }

  /** Records that the peer has ended its direction. */
  void end() throws ProtocolException {
    lock.lock();
    try {
      if (ended) {
        throw new ProtocolException("second HALF_CLOSE on stream " + stream.id());
      }
      ended = true;
      window.end(System.nanoTime());
    } finally {
      lock.unlock();
    }
  }

  /**
   * Returns true for the first call since the last {@link #wake}; only the link's reader calls it.
   */
  boolean markForWakeUp() {
    boolean first = !marked;
    marked = true;
    return first;
  }

  /**
   * Wakes the waiting thread; the link's reader does so once for everything that one read returned.
   */
  void wake() {
    Thread thread;
    marked = false;
    lock.lock();
    try {
      thread = waiting;
      waiting = null;
    } finally {
      lock.unlock();
    }
    LockSupport.unpark(thread);
  }

  // State of the stream.

  boolean isEnded() {
    return ended;
  }

  /** Returns whether the peer has ended its direction and no byte of it was discarded. */
  boolean isComplete() {
    return ended && failure == null;
  }

  Failure failure() {
    return failure;
  }

  long held() {
    return held;
  }

  long lastReadNanos() {
    return lastReadNanos;
  }

  long received() {
    return received;
  }

  /**
   * Discards unread bytes and makes every later read fail. Returns false if the stream had failed
   * before or was complete: ended, read to the end, and {@code outputEnded}.
   */
  boolean fail(Failure why, boolean outputEnded) {
    lock.lock();
    try {
      if (failure != null || ended && outputEnded && queue.held() == 0) {
        return false;
      }
      failure = why;
      window.close();
      queue.clear();
      held = queue.held();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Makes every later read fail if the peer can still send and all that it has sent was read.
   * Returns false, without an effect, if not.
   */
  boolean tryAbandon() {
    lock.lock();
    try {
      if (ended || failure != null || consumed != received) {
        return false;
      }
      failure = new Failure(CloseCause.STOPPED, "the stream was abandoned");
      window.close();
      abandoned = true;
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until the condition holds or the stream fails; returns false if the deadline passes
   * first.
   */
  boolean awaitUntil(BooleanSupplier condition, long deadlineNanos) {
    for (; ; ) {
      lock.lock();
      try {
        if (condition.getAsBoolean() || failure != null) {
          return true;
        }
        waiting = Thread.currentThread();
      } finally {
        lock.unlock();
      }
      long left = deadlineNanos - System.nanoTime();
      if (left <= 0) {
        return false;
      }
      LockSupport.parkNanos(this, left);
    }
  }

  // For the thread that owns the stream.

  @Override
  public int read(ByteBuffer target) throws IOException {
    int n = -1;
    boolean readable = lockWhenReadable();
    try {
      if (readable) {
        n = queue.read(target);
      }
    } finally {
      lock.unlock();
    }
    if (n > 0) {
      consumed(n, null);
    }
    return n;
  }

  @Override
  public int available() {
    lock.lock();
    try {
      return queue.isEmpty() ? 0 : 1;
    } finally {
      lock.unlock();
    }
  }

  /** Writes the received chunks without another copy. */
  @Override
  public long transferTo(OutputStream out) throws IOException {
    if (!(out instanceof ByteOutput sink)) {
      return super.transferTo(out);
    }
    for (long total = 0; ; ) {
      ReceiveQueue.Chunk chain = null;
      boolean readable = lockWhenReadable();
      try {
        if (readable) {
          chain = queue.takeAll();
        }
      } finally {
        lock.unlock();
      }
      if (chain == null) {
        return total;
      }
      total += drain(chain, sink);
    }
  }

  private long drain(ReceiveQueue.Chunk chain, ByteOutput sink) throws IOException {
    long total = 0;
    ReceiveQueue.Chunk chunk = chain;
    try {
      while (chunk != null) {
        // The budget may have evicted the stream during a write.
        checkUsable();
        int n = chunk.bytes.remaining();
        if (!sink.writeSome(chunk.bytes)) {
          shrink(chunk);
          sink.write(chunk.bytes);
        }
        ReceiveQueue.Chunk done = chunk;
        chunk = chunk.next;
        consumed(n, done);
        total += n;
      }
      return total;
    } finally {
      dropRest(chunk);
    }
  }

  /** Releases the unused space of the chunks; the write will wait. */
  private void shrink(ReceiveQueue.Chunk chain) {
    lock.lock();
    try {
      queue.shrinkAll(chain);
      held = queue.held();
    } finally {
      lock.unlock();
    }
  }

  private void dropRest(ReceiveQueue.Chunk chain) {
    if (chain != null) {
      lock.lock();
      try {
        queue.recycleAll(chain);
        held = queue.held();
      } finally {
        lock.unlock();
      }
      stream.releaseIfDrained();
    }
  }

  /**
   * Waits until bytes are available; returns false at the end of the stream. Returns with the lock
   * held.
   */
  private boolean lockWhenReadable() throws IOException {
    for (; ; ) {
      lock.lock();
      if (failure == null && (ended || !queue.isEmpty())) {
        return !queue.isEmpty();
      }
      waiting = Thread.currentThread();
      lock.unlock();
      checkUsable();
      LockSupport.park(this);
    }
  }

  /** Throws if the stream has failed. */
  void checkUsable() throws IOException {
    Failure f = failure;
    if (f != null) {
      throw new IOException(f.text());
    }
  }

  /**
   * Accounts for bytes that were read, and grants more when a quarter of the window was read. After
   * the end a grant only reports to the peer that its bytes are being read.
   *
   * @param done the chunk to recycle, or null
   */
  private void consumed(long bytes, ReceiveQueue.Chunk done) {
    long grant = 0;
    lock.lock();
    try {
      if (done != null) {
        queue.recycle(done);
      }
      long now = System.nanoTime();
      lastReadNanos = now;
      held = queue.held();
      consumed += bytes;
      window.consumed(bytes);
      if (failure == null) {
        grant = ended ? window.nextReport(now) : window.nextGrant(now);
      }
    } finally {
      lock.unlock();
    }
    if (grant > 0 && stream.isRegistered()) {
      link.writer().grant(stream, grant);
    }
    if (ended || failure != null) {
      stream.releaseIfDrained();
    }
  }
}
