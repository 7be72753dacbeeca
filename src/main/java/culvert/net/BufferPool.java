package culvert.net;

import java.nio.ByteBuffer;

/**
 * Lends the buffers of a process, and counts each in its {@link MemoryBudget} until it is released.
 * Large and medium buffers are direct and kept for the next borrower, a limited number of each.
 * When none is left, a borrower that needs the size gets a buffer on the heap, which is slower but
 * does not depend on direct memory; a borrower that can do with less ({@link #bulkBytes}) borrows a
 * smaller one.
 */
public final class BufferPool {

  /** Size of a large buffer, in bytes. */
  public static final int BUFFER_BYTES = 128 * 1024;

  /** Size of a medium buffer, in bytes. */
  public static final int MEDIUM_BYTES = 16 * 1024;

  /** Size of the buffer of a copy loop at low rates, and of any while memory is short. */
  public static final int SMALL_BYTES = 2 * 1024;

  /**
   * Size of the buffer in which a copy loop waits, in bytes. Both loops of as many relays as a heap
   * of up to 1 GiB can carry hold less than a third of the budget with it.
   */
  public static final int IDLE_BYTES = 512;

  private static final int MAX_LARGE = 128;
  private static final int MAX_MEDIUM = 512;

  private final MemoryBudget budget;
  private final DirectBuffers large;
  private final DirectBuffers medium = new DirectBuffers(MEDIUM_BYTES, MAX_MEDIUM);

  /** Creates a pool with a budget of its own, of the default size. */
  public BufferPool() {
    this(new MemoryBudget(MemoryBudget.defaultLimit()));
  }

  /** Creates a pool with the default limits on direct memory, 16 MiB and 8 MiB. */
  public BufferPool(MemoryBudget budget) {
    this(budget, MAX_LARGE);
  }

  BufferPool(MemoryBudget budget, int maxLarge) {
    this.budget = budget;
    this.large = new DirectBuffers(BUFFER_BYTES, maxLarge);
  }

  /** Returns the budget in which every lent buffer counts. */
  public MemoryBudget budget() {
    return budget;
  }

  /** Returns a cleared buffer of {@link #BUFFER_BYTES}, for a borrower that needs this size. */
  public ByteBuffer borrow() {
    return borrow(large.poll(), BUFFER_BYTES);
  }

  /** Returns a buffer of exactly {@code bytes} on the heap. */
  public ByteBuffer borrow(int bytes) {
    return borrow(null, bytes);
  }

  /**
   * Returns a cleared direct buffer, or null if none is left.
   *
   * @param bytes {@link #BUFFER_BYTES} or {@link #MEDIUM_BYTES}
   */
  ByteBuffer tryBorrow(int bytes) {
    ByteBuffer direct = (bytes == BUFFER_BYTES ? large : medium).poll();
    return direct == null ? null : borrow(direct, bytes);
  }

  private ByteBuffer borrow(ByteBuffer direct, int bytes) {
    ByteBuffer buffer = direct != null ? direct : ByteBuffer.allocate(bytes);
    budget.hold(bytes);
    return buffer;
  }

  /**
   * Returns the size of a buffer for bytes that flow in bulk: {@link #BUFFER_BYTES} while three
   * quarters of the budget are free, {@link #MEDIUM_BYTES} while half of it is free, otherwise 2
   * KiB; and no size of which no direct buffer is left.
   */
  public int bulkBytes() {
    return bulkBytes(BUFFER_BYTES);
  }

  /**
   * Returns the size of a buffer as {@link #bulkBytes()} does, for a borrower that fills at most
   * {@code most} bytes of it: none larger than the smallest size that holds them.
   */
  int bulkBytes(int most) {
    if (most > MEDIUM_BYTES && !budget.isInUse() && large.hasFree()) {
      return BUFFER_BYTES;
    }
    boolean isMedium = most > SMALL_BYTES && !budget.isUnderPressure() && medium.hasFree();
    return isMedium ? MEDIUM_BYTES : SMALL_BYTES;
  }

  /**
   * Moves the remaining bytes of a borrowed buffer to one of their size on the heap, and takes the
   * borrowed one back, unless it is on the heap and mostly full. A borrower calls it before it
   * waits.
   *
   * @return the buffer to be used and released in place of {@code buffer}
   */
  public ByteBuffer shrink(ByteBuffer buffer) {
    int left = buffer.remaining();
    if (!buffer.isDirect() && left > buffer.capacity() / 2) {
      return buffer;
    }
    ByteBuffer rest = borrow(left).put(buffer).flip();
    release(buffer);
    return rest;
  }

  /**
   * Counts buffers on the heap that the caller has allocated, {@code bytes} in sum, as if they had
   * been borrowed; {@link #release} takes each of them back.
   */
  public void adopt(int bytes) {
    budget.hold(bytes);
  }

  /** Returns a borrowed buffer to the pool; the borrower must not use it afterwards. */
  public void release(ByteBuffer buffer) {
    budget.release(buffer.capacity());
    if (buffer.isDirect()) {
      (buffer.capacity() == BUFFER_BYTES ? large : medium).add(buffer);
    }
  }

  /** Returns the number of direct buffers that are lent. */
  public int borrowed() {
    return large.lent() + medium.lent();
  }
}
