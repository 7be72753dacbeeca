package culvert.net;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts the bytes of all buffers that a process holds for its connections: those lent by its
 * {@link BufferPool}, those that a blocked writer holds, and received bytes that have not been
 * read. The budget grants and refuses nothing itself. Its users hold less as it fills: loans become
 * smaller above an eighth, a quarter and a half, windows stop growing above half and shrink above
 * three quarters, datagrams are dropped above half, and beyond the limit streams are reset.
 *
 * <p>Counts promises too: bytes that a peer may send at any time. Windows promise no more than half
 * of the limit in all, apart from a small part of each, so that transfers whose receivers all pause
 * at once do not exceed it. Thread-safe.
 */
public final class MemoryBudget {

  private static final long MAX_DEFAULT_BYTES = 256L * 1024 * 1024;

  private final long limit;
  private final AtomicLong held = new AtomicLong();
  private final AtomicLong promised = new AtomicLong();

  /**
   * Creates a budget.
   *
   * @param limit in bytes
   */
  public MemoryBudget(long limit) {
    this.limit = limit;
  }

  /** Returns the default limit: a quarter of the maximum heap of this process, at most 256 MiB. */
  public static long defaultLimit() {
    return Math.min(MAX_DEFAULT_BYTES, Runtime.getRuntime().maxMemory() / 4);
  }

  /** Returns the limit in bytes. */
  public long limit() {
    return limit;
  }

  /** Returns the number of bytes held now. */
  public long held() {
    return held.get();
  }

  /** Counts bytes that are held from now on. */
  void hold(long bytes) {
    held.addAndGet(bytes);
  }

  /** Counts bytes that are no longer held. */
  void release(long bytes) {
    held.addAndGet(-bytes);
  }

  /**
   * Returns how much a holder of promises may promise in all, in bytes: half of what the others
   * leave, so that there is always some left for the next. Those that ask again and again each
   * arrive at an equal part.
   *
   * @param own its promise up to now
   */
  public long share(long own) {
    return Math.max(0, (limit / 2 - (promised.get() - own)) / 2);
  }

  /** Adds to the promises, or takes from them if negative. */
  public void promise(long bytes) {
    promised.addAndGet(bytes);
  }

  /** Returns whether less than an eighth is held. */
  boolean isMostlyFree() {
    return held.get() < limit / 8;
  }

  /** Returns whether more than a quarter is held. */
  boolean isInUse() {
    return held.get() > limit / 4;
  }

  /** Returns whether more than half is held. */
  public boolean isUnderPressure() {
    return held.get() > limit / 2;
  }

  /** Returns whether more than three quarters are held. */
  public boolean isNearlyExhausted() {
    return held.get() > limit / 4 * 3;
  }

  /** Returns whether more than the limit is held. */
  public boolean isExceeded() {
    return held.get() > limit;
  }
}
