package culvert.net;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiFunction;

/**
 * Reads ahead from a connection that waits for its counterpart, because only a read reveals that
 * the peer has reset it. The end of the input does not count as a break: the peer may have
 * half-closed. The thread that reads also runs the copy loop afterwards, since a blocked read
 * cannot be ended.
 *
 * <p>At most {@value #MAX_BYTES} bytes are read ahead; a reset behind more than these is noticed by
 * the copy loop only. They are in one buffer of the pool, which grows from {@link
 * BufferPool#IDLE_BYTES} when it is full, and is released as soon as the copy loop has taken the
 * last of them.
 */
public final class ReadAhead {

  /** Maximum number of bytes read ahead. */
  static final int MAX_BYTES = 2 * 1024;

  private final Connection connection;
  private final BufferPool pool;
  private final Runnable onBroken;

  /** Null once it was released; only the thread that reads accesses the field. */
  private ByteBuffer buffer;

  /**
   * A view of the buffer behind the bytes in {@link #held}. The read in progress fills it, and the
   * copy loop takes the bytes of the last read from it. Replaced only before {@link #held} is
   * taken.
   */
  private ByteBuffer chunk;

  private final CompletableFuture<Runnable> loop = new CompletableFuture<>();

  private final ReentrantLock lock = new ReentrantLock();

  /** A view of the bytes read ahead. Guarded by the lock, as are the fields below. */
  private ByteBuffer held;

  /** Whether {@link #held} was taken; no bytes are added to it then. */
  private boolean taken;

  private boolean broken;

  private ReadAhead(Connection connection, BufferPool pool, Runnable onBroken) {
    this.connection = connection;
    this.pool = pool;
    this.onBroken = onBroken;
    this.buffer = pool.borrow(BufferPool.IDLE_BYTES);
    this.chunk = buffer.duplicate();
    this.held = buffer.duplicate().limit(0);
  }

  /**
   * Starts to read in a new thread.
   *
   * @param threadName its name
   * @param onBroken called by that thread if the connection breaks before {@link #handOver} or
   *     {@link #stop}; must not block
   */
  public static ReadAhead start(
      String threadName, Connection connection, BufferPool pool, Runnable onBroken) {
    var ahead = new ReadAhead(connection, pool, onBroken);
    try {
      Threads.start(threadName, ahead::run);
    } catch (RuntimeException | Error e) {
      ahead.release();
      throw e;
    }
    return ahead;
  }

  /** Runs the copy loop in any case: the relay waits for its end. */
  private void run() {
    try {
      readAhead();
    } catch (RuntimeException | Error e) {
      // Bytes of the failed read may be lost, so the copy loop must fail too.
      connection.reset();
      reportBreak();
      throw e;
    } finally {
      Runnable next = loop.join();
      keepLastRead();
      try {
        next.run();
      } finally {
        release();
      }
    }
  }

  private void readAhead() {
    try {
      while (connection.input().read(chunk) >= 0 && hold()) {
        // Each round adds the bytes of one read to those held.
      }
    } catch (IOException e) {
      reportBreak();
    }
  }

  private void reportBreak() {
    if (recordBreak()) {
      onBroken.run();
    }
  }

  /**
   * Holds the bytes of a read; returns false if no more fit, or if those held were taken meanwhile.
   */
  private boolean hold() {
    lock.lock();
    try {
      if (taken) {
        return false;
      }
      held.limit(chunk.position());
      if (!chunk.hasRemaining() && buffer.capacity() < MAX_BYTES) {
        grow();
      }
      return chunk.hasRemaining();
    } finally {
      lock.unlock();
    }
  }

  /** Moves the bytes held to a buffer for all that may be read ahead; the lock is held. */
  private void grow() {
    ByteBuffer larger = pool.borrow(MAX_BYTES);
    ByteBuffer behind = larger.duplicate().put(held.duplicate());
    pool.release(buffer);
    buffer = larger;
    chunk = behind;
    held = larger.duplicate().limit(behind.position());
  }

  /** Leaves the bytes of the last read that are not held to the copy loop. */
  private void keepLastRead() {
    lock.lock();
    try {
      chunk.limit(chunk.position()).position(held.limit());
    } finally {
      lock.unlock();
    }
    if (!chunk.hasRemaining()) {
      release();
    }
  }

  private void release() {
    if (buffer != null) {
      pool.release(buffer);
      buffer = null;
    }
  }

  /** Returns whether the connection broke in time; true once. */
  private boolean recordBreak() {
    lock.lock();
    try {
      boolean isFirst = !taken && !broken;
      broken |= isFirst;
      return isFirst;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Writes the bytes read ahead to the counterpart, in the calling thread. {@link #run(Runnable)}
   * follows. Does not wait for the read in progress, which may take any time.
   *
   * @throws IOException if the counterpart has failed
   */
  void handOver(ByteOutput counterpart) throws IOException {
    take();
    if (held.hasRemaining()) {
      counterpart.write(held);
    }
  }

  /** Returns the connection to copy from after {@link #handOver}; only the copy loop reads it. */
  Connection rest() {
    return ReplayedConnection.of(connection, chunk, this::release);
  }

  private void take() {
    lock.lock();
    try {
      taken = true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Starts a relay whose first connection is this one, with the bytes read ahead. Its forward loop
   * runs in the thread that has read ahead.
   *
   * @param counterpart the relay's second connection; stores as many bytes as are read ahead, so
   *     that the calling thread does not block
   * @param maker makes the relay of the two connections
   */
  public Relay startRelay(Connection counterpart, BiFunction<Connection, Connection, Relay> maker) {
    try {
      handOver(counterpart.output());
    } catch (IOException e) {
      // Ends the relay too.
      counterpart.reset();
    }
    Relay relay = maker.apply(rest(), counterpart);
    relay.startForward(this::run);
    return relay;
  }

  /** Runs a copy loop in the thread that has read ahead, once its read in progress returns. */
  void run(Runnable copyLoop) {
    loop.complete(copyLoop);
  }

  /** Stops reading. A read in progress continues until the connection is closed. */
  public void stop() {
    take();
    loop.complete(() -> {});
  }

  /** Returns whether the connection broke before {@link #handOver} or {@link #stop}. */
  public boolean isBroken() {
    lock.lock();
    try {
      return broken;
    } finally {
      lock.unlock();
    }
  }
}
