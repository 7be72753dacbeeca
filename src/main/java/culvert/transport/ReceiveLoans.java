package culvert.transport;

import culvert.net.BufferPool;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Lends the buffers into which one connection receives. Until its peer is authenticated they are on
 * the heap and count in no budget: the number of unauthenticated connections is limited instead,
 * and a connection whose login fails is not always closed through its transport. Thread-safe.
 */
final class ReceiveLoans {

  /**
   * Maximum record of an unauthenticated peer, in bytes: enough for one of TLS (RFC 8446, 5.2), and
   * far more than a login needs.
   */
  static final int MAX_UNAUTHENTICATED_RECORD_BYTES = 20 * 1024;

  private static final int COUNTED = -1;

  private final BufferPool pool;

  /** The bytes lent before the peer was authenticated, or {@link #COUNTED} from then on. */
  private final AtomicInteger uncounted = new AtomicInteger();

  ReceiveLoans(BufferPool pool) {
    this.pool = pool;
  }

  /** Counts the buffers lent now and from now on; any thread may call it. */
  void setAuthenticated() {
    int bytes = uncounted.getAndSet(COUNTED);
    if (bytes > 0) {
      pool.adopt(bytes);
    }
  }

  boolean isAuthenticated() {
    return uncounted.get() == COUNTED;
  }

  /** Returns a buffer of exactly {@code bytes} on the heap. */
  ByteBuffer borrow(int bytes) {
    int before = uncounted.getAndUpdate(sum -> sum == COUNTED ? COUNTED : sum + bytes);
    return before == COUNTED ? pool.borrow(bytes) : ByteBuffer.allocate(bytes);
  }

  /** Returns a buffer that holds any record which the peer may send now. */
  ByteBuffer borrowLarge() {
    return isAuthenticated() ? pool.borrow() : borrow(MAX_UNAUTHENTICATED_RECORD_BYTES);
  }

  /** Moves the remaining bytes to a smaller buffer, as {@link BufferPool#shrink} does. */
  ByteBuffer shrink(ByteBuffer buffer) {
    return isAuthenticated() ? pool.shrink(buffer) : buffer;
  }

  /** Takes a buffer back. */
  void release(ByteBuffer buffer) {
    int bytes = buffer.capacity();
    if (uncounted.getAndUpdate(sum -> sum == COUNTED ? COUNTED : sum - bytes) == COUNTED) {
      pool.release(buffer);
    }
  }
}
