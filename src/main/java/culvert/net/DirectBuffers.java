package culvert.net;

import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** Direct buffers of one size: allocated when first needed, and then kept. Thread-safe. */
final class DirectBuffers {

  private final int bytes;
  private final int max;
  private final ArrayBlockingQueue<ByteBuffer> idle;
  private final AtomicInteger allocated = new AtomicInteger();

  DirectBuffers(int bytes, int max) {
    this.bytes = bytes;
    this.max = max;
    this.idle = new ArrayBlockingQueue<>(max);
  }

  /** Takes a cleared buffer; returns null if all are lent or the JVM has no direct memory left. */
  ByteBuffer poll() {
    ByteBuffer buffer = idle.poll();
    if (buffer != null) {
      return buffer.clear();
    }
    if (allocated.incrementAndGet() <= max) {
      try {
        return ByteBuffer.allocateDirect(bytes);
      } catch (OutOfMemoryError e) {
        // The JVM's limit on direct memory is lower than that of the pool.
      }
    }
    allocated.decrementAndGet();
    return null;
  }

  /** Takes a buffer back. */
  void add(ByteBuffer buffer) {
    idle.offer(buffer);
  }

  /** Returns whether a buffer is idle or may be allocated. */
  boolean hasFree() {
    return lent() < max;
  }

  /** Returns the number of buffers that are lent. */
  int lent() {
    return allocated.get() - idle.size();
  }
}
