package culvert.net;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Limits the rate of bytes that several senders share. Each sender reserves the time at which its
 * bytes may pass; reservations follow one another, so that the senders take turns and the mean rate
 * is exact. Time that no sender has used is kept up to a quarter of a second, which is the burst.
 * The rate can change at any time. Thread-safe.
 */
public final class TokenBucket {

  /** The rate of a bucket that limits nothing. */
  public static final long UNLIMITED = 0;

  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final long BURST_NANOS = SECOND / 4;

  /** A sender reserves this part of a second at a time, within these limits. */
  private static final int PIECES_PER_SECOND = 20;

  private static final int MIN_PIECE = 512;
  private static final int MAX_PIECE = 64 * 1024;

  private final LongSupplier nanoTime;
  private final ReentrantLock lock = new ReentrantLock();

  /** Bytes per second. Written with the lock held. */
  private volatile long rate = UNLIMITED;

  /** How often the rate has changed. Written with the lock held. */
  private volatile int changes;

  /** When the bytes of all reservations will have passed. Guarded by the lock. */
  private long freeNanos;

  /** Creates a bucket that limits nothing. */
  public TokenBucket() {
    this(System::nanoTime);
  }

  TokenBucket(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.freeNanos = nanoTime.getAsLong() - BURST_NANOS;
  }

  /**
   * Sets the rate. Senders that wait continue at once; what they have sent is made up for at the
   * new rate.
   *
   * @param bytesPerSecond a positive number, or {@link #UNLIMITED}
   */
  public void setRate(long bytesPerSecond) {
    lock.lock();
    try {
      if (bytesPerSecond == rate) {
        return;
      }
      long now = nanoTime.getAsLong();
      long debtNanos = Math.max(0, freeNanos - now);
      boolean isKept = rate != UNLIMITED && bytesPerSecond != UNLIMITED && debtNanos > 0;
      freeNanos = isKept ? now + (long) ((double) debtNanos * rate / bytesPerSecond) : now;
      rate = bytesPerSecond;
      changes++;
    } finally {
      lock.unlock();
    }
  }

  /** Returns how often the rate has changed. */
  int changes() {
    return changes;
  }

  /** Returns whether it limits nothing. */
  boolean isUnlimited() {
    return rate == UNLIMITED;
  }

  /** Returns how many bytes a sender should reserve at most, so that others have their turn. */
  int piece() {
    long current = rate;
    return current == UNLIMITED
        ? Integer.MAX_VALUE
        : Math.clamp(current / PIECES_PER_SECOND, MIN_PIECE, MAX_PIECE);
  }

  /**
   * Reserves the next bytes.
   *
   * @return nanoseconds until they may pass; zero if that is now
   */
  long reserve(int bytes) {
    lock.lock();
    try {
      long now = nanoTime.getAsLong();
      long start = start(now);
      take(start, bytes);
      return Math.max(0, start - now);
    } finally {
      lock.unlock();
    }
  }

  /** Lets bytes pass now; returns false, without an effect, if others have to pass before. */
  boolean tryTake(int bytes) {
    if (rate == UNLIMITED) {
      return true;
    }
    lock.lock();
    try {
      long now = nanoTime.getAsLong();
      long start = start(now);
      boolean canPass = start - now <= 0;
      if (canPass) {
        take(start, bytes);
      }
      return canPass;
    } finally {
      lock.unlock();
    }
  }

  /** Takes back what a sender has reserved and does not send. */
  void giveBack(int bytes) {
    lock.lock();
    try {
      freeNanos -= nanos(bytes);
    } finally {
      lock.unlock();
    }
  }

  private long start(long now) {
    return rate == UNLIMITED || freeNanos - (now - BURST_NANOS) < 0 ? now - BURST_NANOS : freeNanos;
  }

  private void take(long start, int bytes) {
    freeNanos = start + nanos(bytes);
  }

  private long nanos(int bytes) {
    return rate == UNLIMITED ? 0 : bytes * SECOND / rate;
  }
}
