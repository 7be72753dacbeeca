package culvert.net;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Chooses the buffer for the next read of a copy loop. An idle connection holds almost no memory
 * and a busy one moves many bytes with each system call: after a read that fills the small buffer,
 * the next read borrows a large one from the pool, and a loop that is about to block returns it
 * first.
 */
final class AdaptiveBuffer implements AutoCloseable {

  private static final int SMALL_BYTES = 2 * 1024;

  private final ByteInput input;
  private final BufferPool pool;
  private ByteBuffer small;
  private ByteBuffer large;
  private boolean filled;

  AdaptiveBuffer(ByteInput input, BufferPool pool) {
    this.input = input;
    this.pool = pool;
  }

  /** Returns a cleared buffer for the next read. */
  ByteBuffer next() throws IOException {
    if (large == null && filled) {
      large = pool.borrow();
    } else if (large != null && !filled && isInputEmpty()) {
      close();
    }
    if (large != null) {
      return large.clear();
    }
    if (small == null) {
      small = ByteBuffer.allocate(SMALL_BYTES);
    }
    return small.clear();
  }

  /** Records how many bytes the last read returned. */
  void readCompleted(int n) {
    filled = n == (large != null ? large.capacity() : SMALL_BYTES);
  }

  /** Yields once: a sender on the same host often runs then, which saves parking this thread. */
  private boolean isInputEmpty() throws IOException {
    if (input.available() > 0) {
      return false;
    }
    Thread.yield();
    return input.available() == 0;
  }

  @Override
  public void close() {
    if (large != null) {
      pool.release(large);
      large = null;
    }
  }
}
