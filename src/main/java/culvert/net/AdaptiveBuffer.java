package culvert.net;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The buffer of a copy loop. An idle loop holds a small one. After a read that filled it, the next
 * read uses a larger one, but none larger than the output accepts at once, as far as that is known,
 * and none that the pool does not lend while memory is short. Before the loop waits, for bytes or
 * until the other end reads, it gives a large buffer back.
 */
final class AdaptiveBuffer implements AutoCloseable {

  private final ByteInput input;
  private final ByteOutput output;
  private final BufferPool pool;

  /** Kept as long as the loop runs. */
  private final ByteBuffer small;

  /** Borrowed while bytes flow in bulk, otherwise null. */
  private ByteBuffer bulk;

  /** Whether the last read left no space. */
  private boolean filled;

  AdaptiveBuffer(ByteInput input, ByteOutput output, BufferPool pool) {
    this.input = input;
    this.output = output;
    this.pool = pool;
    this.small = pool.borrow(BufferPool.SMALL_BYTES);
  }

  /**
   * Reads the available bytes, at least one. Only a read that does not wait uses a large buffer: a
   * sender that fills one and then pauses does not make the loop wait with it.
   *
   * @return the number of bytes, or -1 at the end of the input
   */
  int read() throws IOException {
    int room = Math.max(output.room(), BufferPool.SMALL_BYTES);
    int n = filled || bulk != null ? tryReadBulk(room) : 0;
    if (n == 0) {
      releaseBulk();
      n = input.read(cleared(small, room));
    }
    filled = n > 0 && !buffer().hasRemaining();
    return n;
  }

  /** Returns 0 also if the pool lends no large buffer now. */
  private int tryReadBulk(int room) throws IOException {
    resize(pool.bulkBytes(room));
    return bulk == null ? 0 : input.tryReadTwice(cleared(bulk, room));
  }

  private static ByteBuffer cleared(ByteBuffer buffer, int room) {
    return buffer.clear().limit(Math.min(room, buffer.capacity()));
  }

  private ByteBuffer buffer() {
    return bulk != null ? bulk : small;
  }

  /** Uses a buffer of one of the pool's sizes, or the small one if another loop was faster. */
  private void resize(int bytes) {
    if (bulk != null && bulk.capacity() == bytes) {
      return;
    }
    releaseBulk();
    if (bytes > BufferPool.SMALL_BYTES) {
      bulk = pool.tryBorrow(bytes);
    }
  }

  /**
   * Writes all bytes of the last read. If the output does not accept them at once, a direct buffer
   * is given back, and only the remaining bytes are held while the write waits.
   */
  void write() throws IOException {
    if (!output.writeSome(buffer().flip())) {
      input.shrink();
      if (bulk != null) {
        bulk = pool.shrink(bulk);
      }
      output.write(buffer());
      releaseBulk();
      filled = false;
    }
  }

  private void releaseBulk() {
    if (bulk != null) {
      pool.release(bulk);
      bulk = null;
    }
  }

  @Override
  public void close() {
    releaseBulk();
    pool.release(small);
  }
}
