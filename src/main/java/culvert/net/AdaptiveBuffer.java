package culvert.net;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Chooses the buffer for the next read of a copy loop. An idle connection must hold next to nothing
 * and a busy one must move much with each system call: a read that fills the small buffer borrows a
 * large one from the pool, and a loop that is about to wait gives it back first.
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

  /** A cleared buffer for the next read. */
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

  /** Tells how many bytes the read brought. */
  void readCompleted(int n) {
    filled = n == (large != null ? large.capacity() : SMALL_BYTES);
  }

  /** One yield lets a sender on the same machine go first, which often saves parking. */
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
