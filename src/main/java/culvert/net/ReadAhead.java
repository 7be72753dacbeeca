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
 * the copy loop only.
 */
public final class ReadAhead {

  /** Maximum number of bytes read ahead. */
  static final int MAX_BYTES = 2 * 1024;

  private final Connection connection;
  private final Runnable onBroken;

  /** Filled by the read in progress, and by the last one for the copy loop. */
  private final ByteBuffer chunk = ByteBuffer.allocate(MAX_BYTES);

  private final CompletableFuture<Runnable> loop = new CompletableFuture<>();

  private final ReentrantLock lock = new ReentrantLock();

  /**
   * The bytes read ahead; null once they were taken. Guarded by the lock, as is the field below.
   */
  private ByteBuffer held = ByteBuffer.allocate(MAX_BYTES);

  private boolean broken;

  private ReadAhead(Connection connection, Runnable onBroken) {
    this.connection = connection;
    this.onBroken = onBroken;
  }

  /**
   * Starts to read in a new thread.
   *
   * @param threadName its name
   * @param onBroken called by that thread if the connection breaks before {@link #handOver} or
   *     {@link #stop}; must not block
   */
  public static ReadAhead start(String threadName, Connection connection, Runnable onBroken) {
    var ahead = new ReadAhead(connection, onBroken);
    Threads.start(threadName, ahead::run);
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
      chunk.flip();
      next.run();
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
      if (held == null) {
        return false;
      }
      held.put(chunk.flip());
      chunk.clear().limit(held.remaining());
      return held.hasRemaining();
    } finally {
      lock.unlock();
    }
  }

  /** Returns whether the connection broke in time; true once. */
  private boolean recordBreak() {
    lock.lock();
    try {
      boolean isFirst = held != null && !broken;
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
    ByteBuffer first = take();
    if (first != null) {
      counterpart.write(first.flip());
    }
  }

  /** Returns the connection to copy from after {@link #handOver}; only the copy loop reads it. */
  Connection rest() {
    return ReplayedConnection.of(connection, chunk);
  }

  private ByteBuffer take() {
    lock.lock();
    try {
      ByteBuffer taken = held;
      held = null;
      return taken;
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
