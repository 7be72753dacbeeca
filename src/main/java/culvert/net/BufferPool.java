package culvert.net;

import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Large direct buffers that are borrowed while bytes flow in bulk and given back when they no
 * longer do. The pool keeps a bounded number; beyond {@code most} buffers out at once a borrower
 * gets one on the heap, which is slower but never fails for want of direct memory.
 */
public final class BufferPool {

  /** Size of every buffer, in bytes. */
  public static final int BUFFER_BYTES = 128 * 1024;

  private static final int MAX_DIRECT = 512;

  private final ArrayBlockingQueue<ByteBuffer> idle;
  private final AtomicInteger direct = new AtomicInteger();
  private final int maxDirect;

  /** A pool with the usual bound, 64 MiB of direct memory. */
  public BufferPool() {
    this(MAX_DIRECT);
  }

  BufferPool(int most) {
    this.maxDirect = most;
    this.idle = new ArrayBlockingQueue<>(most);
  }

  /** A cleared buffer of {@link #BUFFER_BYTES}. */
  public ByteBuffer borrow() {
    ByteBuffer buffer = idle.poll();
    if (buffer != null) {
      return buffer.clear();
    }
    if (direct.incrementAndGet() <= maxDirect) {
      try {
        return ByteBuffer.allocateDirect(BUFFER_BYTES);
      } catch (OutOfMemoryError e) {
        // The JVM's own bound on direct memory is lower than the pool's: the heap serves as well.
      }
    }
    direct.decrementAndGet();
    return ByteBuffer.allocate(BUFFER_BYTES);
  }

  /** Takes back a buffer that {@link #borrow} gave; its borrower must not touch it again. */
  public void release(ByteBuffer buffer) {
    if (buffer.isDirect()) {
      idle.offer(buffer);
    }
  }

  /** How many direct buffers are out with borrowers. */
  public int borrowed() {
    return direct.get() - idle.size();
  }
}
