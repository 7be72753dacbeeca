package culvert.bounce.server;

import culvert.net.BufferPool;
import java.nio.ByteBuffer;

/**
 * The bytes of a {@link ReadAheadInput} that were read ahead, in a buffer of the pool. It has
 * {@link ReadAheadInput#INITIAL_BYTES} at first, and doubles up to {@link ReadAheadInput#MAX_BYTES}
 * after {@link #allowGrowth}, but not while half of the budget is in use. The lock of the input
 * guards it, except the free space, which only the reading thread uses.
 */
final class HeldBytes {

  /** In place of a buffer that was given back. */
  private static final ByteBuffer NONE = ByteBuffer.allocate(0);

  private final BufferPool pool;
  private ByteBuffer buffer;
  private int start;
  private int end;
  private boolean growthAllowed;

  HeldBytes(BufferPool pool) {
    this.pool = pool;
    this.buffer = pool.borrow(ReadAheadInput.INITIAL_BYTES);
  }

  void allowGrowth() {
    growthAllowed = true;
  }

  int size() {
    return end - start;
  }

  /** Returns whether there is free space after the held bytes; moves them to make some. */
  boolean hasSpace() {
    if (end == buffer.capacity() || start == end) {
      compactOrGrow();
    }
    return end < buffer.capacity();
  }

  private void compactOrGrow() {
    int size = size();
    ByteBuffer before = buffer;
    if (size > before.capacity() / 2 && canGrow()) {
      buffer = pool.borrow(2 * before.capacity());
    }
    buffer.put(0, before, start, size);
    if (buffer != before) {
      pool.release(before);
    }
    start = 0;
    end = size;
  }

  private boolean canGrow() {
    return growthAllowed
        && buffer.capacity() < ReadAheadInput.MAX_BYTES
        && !pool.budget().isUnderPressure();
  }

  /** Returns the free space, which stays where it is until bytes are added to it. */
  ByteBuffer space() {
    return buffer.slice(end, buffer.capacity() - end);
  }

  /** Records that the first bytes of the free space were filled. */
  void added(int bytes) {
    end += bytes;
  }

  /** Returns a view of the held bytes. */
  ByteBuffer view() {
    return buffer.slice(start, size());
  }

  /** Returns a copy of the bytes from {@code offset} on, at most {@code max}. */
  byte[] copyFrom(int offset, int max) {
    byte[] copy = new byte[Math.min(size() - offset, max)];
    buffer.get(start + offset, copy);
    return copy;
  }

  /** Removes the first bytes. */
  void removed(int bytes) {
    start += bytes;
  }

  /** Discards the bytes and gives the buffer back; the reading thread must have ended. */
  void release() {
    if (buffer != NONE) {
      pool.release(buffer);
      buffer = NONE;
      start = 0;
      end = 0;
    }
  }
}
