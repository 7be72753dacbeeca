package culvert.net;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The buffer of a copy loop. The loop waits with one of {@link BufferPool#IDLE_BYTES}. If a read
 * fills it, a small buffer takes its bytes and the rest that is there; the loop then waits for the
 * next message with the small one, as long as most of the memory budget is free. After a read that
 * filled the small one, the next read uses a larger one, but none larger than the output accepts at
 * once, as far as that is known, and none that the pool does not lend while memory is short. Before
 * the loop waits, for bytes or until the other end reads, it gives back larger buffers.
 */
final class AdaptiveBuffer implements AutoCloseable {

  private final ByteInput input;
  private final ByteOutput output;
  private final BufferPool pool;

  /** Kept as long as the loop runs. */
  private final ByteBuffer idle;

  /** Borrowed while bytes flow, otherwise null. */
  private ByteBuffer flow;

  /** Whether the last read left no space. */
  private boolean filled;

  /** Whether the last message did not fit into the idle buffer. */
  private boolean longer;

  AdaptiveBuffer(ByteInput input, ByteOutput output, BufferPool pool) {
    this.input = input;
    this.output = output;
    this.pool = pool;
    this.idle = pool.borrow(BufferPool.IDLE_BYTES);
  }

  /**
   * Reads the available bytes, at least one. Only a read that does not wait uses a borrowed buffer:
   * a sender that fills one and then pauses does not make the loop wait with it.
   *
   * @return the number of bytes, or -1 at the end of the input
   */
  int read() throws IOException {
    if (!input.canCountAvailable()) {
      return filled && !pool.budget().isUnderPressure() ? readMore() : readWhenIdle();
    }
    int room = Math.max(output.room(), BufferPool.SMALL_BYTES);
    int n = filled || isBulk() ? tryReadMore(room) : 0;
    return n != 0 ? n : readWhenIdle();
  }

  private boolean isBulk() {
    return flow != null && flow.capacity() > BufferPool.SMALL_BYTES;
  }

  private int tryReadMore(int room) throws IOException {
    if (pool.budget().isNearlyExhausted()) {
      return 0;
    }
    resize(pool.bulkBytes(room));
    int n = input.tryReadTwice(cleared(flow, room));
    filled = n > 0 && !flow.hasRemaining();
    return n;
  }

  private int readWhenIdle() throws IOException {
    int n = longer && pool.budget().isMostlyFree() ? readSmall() : readIdle();
    longer = n > BufferPool.IDLE_BYTES;
    return n;
  }

  /** Saves the second read and a question to the kernel for each message. */
  private int readSmall() throws IOException {
    resize(BufferPool.SMALL_BYTES);
    int n = input.read(flow.clear());
    filled = !flow.hasRemaining();
    return n;
  }

  private int readIdle() throws IOException {
    releaseFlow();
    filled = false;
    int n = input.read(idle.clear());
    if (!input.canCountAvailable()) {
      filled = !idle.hasRemaining();
      return n;
    }
    boolean isMoreLikely = !idle.hasRemaining() && !pool.budget().isNearlyExhausted();
    return isMoreLikely ? n + tryReadRest() : n;
  }

  /**
   * Reads from an input that cannot count its available bytes: after a read that filled its buffer,
   * the next one may wait with a larger one. That is a medium one at most, on the heap, because
   * many loops may wait.
   */
  private int readMore() throws IOException {
    int bytes = flow == null ? BufferPool.SMALL_BYTES : BufferPool.MEDIUM_BYTES;
    if (flow == null || flow.capacity() != bytes) {
      releaseFlow();
      flow = pool.borrow(bytes);
    }
    int n = input.read(cleared(flow, Math.max(output.room(), BufferPool.SMALL_BYTES)));
    filled = n > 0 && !flow.hasRemaining();
    longer = true;
    return n;
  }

  /** Continues a read that filled the idle buffer, so that a message is written in one piece. */
  private int tryReadRest() throws IOException {
    flow = pool.borrow(BufferPool.SMALL_BYTES).put(idle.flip());
    int n = input.tryRead(flow);
    filled = !flow.hasRemaining();
    return Math.max(n, 0);
  }

  private static ByteBuffer cleared(ByteBuffer buffer, int room) {
    return buffer.clear().limit(Math.min(room, buffer.capacity()));
  }

  private ByteBuffer buffer() {
    return flow != null ? flow : idle;
  }

  /** Uses a buffer of one of the pool's sizes, or a small one if another loop was faster. */
  private void resize(int bytes) {
    if (flow != null && flow.capacity() == bytes) {
      return;
    }
    releaseFlow();
    if (bytes > BufferPool.SMALL_BYTES) {
      flow = pool.tryBorrow(bytes);
    }
    if (flow == null) {
      flow = pool.borrow(BufferPool.SMALL_BYTES);
    }
  }

  /**
   * Writes all bytes of the last read. If the output does not accept them at once, a direct buffer
   * is given back, and only the remaining bytes are held while the write waits.
   */
  void write() throws IOException {
    if (!output.writeSome(buffer().flip())) {
      input.shrink();
      if (flow != null) {
        flow = pool.shrink(flow);
      }
      output.write(buffer());
      releaseFlow();
      filled = false;
    }
  }

  private void releaseFlow() {
    if (flow != null) {
      pool.release(flow);
      flow = null;
    }
  }

  @Override
  public void close() {
    releaseFlow();
    pool.release(idle);
  }
}
