package culvert.net;

import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Lends large direct buffers to connections while bytes flow in bulk. The pool keeps a limited
 * number; when {@code maxDirect} buffers are lent at once, a borrower gets a buffer on the heap,
 * which is slower but does not depend on direct memory.
 */
public final class BufferPool {

  /** Size of every buffer, in bytes. */
  public static final int BUFFER_BYTES = 128 * 1024;

  private static final int MAX_DIRECT = 512;

  private final ArrayBlockingQueue<ByteBuffer> idle;
  private final AtomicInteger direct = new AtomicInteger();
  private final int maxDirect;

  /** Creates a pool with the default limit, 64 MiB of direct memory. */
  public BufferPool() {
    this(MAX_DIRECT);
  }

  BufferPool(int maxDirect) {
    this.maxDirect = maxDirect;
    this.idle = new ArrayBlockingQueue<>(maxDirect);
  }

  /** Returns a cleared buffer of {@link #BUFFER_BYTES}. */
  public ByteBuffer borrow() {
    ByteBuffer buffer = idle.poll();
    if (buffer != null) {
      return buffer.clear();
    }
    if (direct.incrementAndGet() <= maxDirect) {
      try {
        return ByteBuffer.allocateDirect(BUFFER_BYTES);
      } catch (OutOfMemoryError e) {
        // The JVM's limit on direct memory is lower than the pool's: use the heap.
      }
    }
    direct.decrementAndGet();
    return ByteBuffer.allocate(BUFFER_BYTES);
  }

  /** Returns a borrowed buffer to the pool; the borrower must not use it afterwards. */
  public void release(ByteBuffer buffer) {
    if (buffer.isDirect()) {
      idle.offer(buffer);
    }
  }

  /** Returns the number of direct buffers that are lent. */
  public int borrowed() {
    return direct.get() - idle.size();
  }
}
