package culvert.mux;

import culvert.net.BufferPool;
import java.nio.ByteBuffer;

/**
 * The batch that is being filled with the frames of streams and flows, with space in front for
 * control. The congestion window limits it; it is also small while memory is short, and while the
 * write of the batch before has to wait. Not thread-safe: the writer's lock guards it.
 */
final class SendBatch {

  /** Size of a batch while memory is short, with the space for control, in bytes. */
  private static final int SMALL_BYTES = PendingControl.CONTROL_BYTES + BufferPool.MEDIUM_BYTES;

  /** Size of a batch that is filled while the one before has to wait: for a few short frames. */
  private static final int WAITING_BYTES = PendingControl.CONTROL_BYTES + 2 * 1024;

  private final BufferPool pool;
  private final CongestionWindow congestion;

  /** Null while the batch is empty. */
  private ByteBuffer buffer;

  /** Size of the batch, once the write of the one before does not have to wait. */
  private int size = BufferPool.BUFFER_BYTES;

  /** Whether the write of the batch before has to wait. */
  private boolean waiting;

  private long number;

  SendBatch(BufferPool pool, CongestionWindow congestion) {
    this.pool = pool;
    this.congestion = congestion;
  }

  /** Returns the number of the batch, which increases by one with each {@link #take}. */
  long number() {
    return number;
  }

  boolean isEmpty() {
    return buffer == null;
  }

  /** Returns the length of the frames so far in bytes. */
  int length() {
    return buffer == null ? 0 : buffer.position() - PendingControl.CONTROL_BYTES;
  }

  /**
   * Returns the free space in bytes: 0, or at least {@link CongestionWindow#MIN_AVAILABLE_BYTES}.
   */
  long available() {
    long space = space();
    return space < CongestionWindow.MIN_AVAILABLE_BYTES
        ? 0
        : Math.min(space, congestion.available(length()));
  }

  /**
   * Returns whether the batch has space for a datagram, whatever the congestion window. A batch
   * that is small because memory is short grows by the datagram, which might otherwise never be
   * sent: it cannot be split.
   */
  boolean hasSpace(int bytes) {
    if (bytes > space() && length() <= BufferPool.MEDIUM_BYTES) {
      size = PendingControl.CONTROL_BYTES + length() + bytes;
      if (buffer != null) {
        move(borrow(size));
      }
    }
    return bytes <= space();
  }

  private long space() {
    return maxBytes() - PendingControl.CONTROL_BYTES - length();
  }

  private int maxBytes() {
    return waiting ? WAITING_BYTES : size;
  }

  /** Returns the buffer, positioned behind the frames so far. */
  ByteBuffer buffer() {
    if (buffer == null) {
      buffer = borrow(maxBytes()).position(PendingControl.CONTROL_BYTES);
    }
    return buffer;
  }

  private ByteBuffer borrow(int bytes) {
    return bytes == BufferPool.BUFFER_BYTES ? pool.borrow() : pool.borrow(bytes);
  }

  /**
   * Makes the batch small, because the write of the one before has to wait: further payload stays
   * with its senders.
   */
  void startWaiting() {
    waiting = true;
    if (buffer != null) {
      move(pool.borrow(Math.max(buffer.position(), WAITING_BYTES)));
    }
  }

  /** Makes the batch as large as usual again, if it is small. */
  void stopWaiting() {
    if (waiting && buffer != null) {
      move(borrow(size));
    }
    waiting = false;
  }

  private void move(ByteBuffer next) {
    next.put(buffer.flip());
    pool.release(buffer);
    buffer = next;
  }

  /** Returns the buffer to be written and starts the next batch; null if it is empty. */
  ByteBuffer take() {
    ByteBuffer full = buffer;
    buffer = null;
    number++;
    // A batch whose write has to wait holds memory that no other link or stream can use.
    size = pool.budget().isUnderPressure() ? SMALL_BYTES : BufferPool.BUFFER_BYTES;
    if (full != null) {
      congestion.sent(full.position() - PendingControl.CONTROL_BYTES);
    }
    return full;
  }

  /** Discards the frames; the link has ended. */
  void clear() {
    if (buffer != null) {
      pool.release(buffer);
      buffer = null;
    }
  }
}
