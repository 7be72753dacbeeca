package culvert.net;

import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Limits the rate of bytes that several senders share. Bytes that have passed are owed until their
 * time at the rate is over, so that the mean rate is exact. Time that no sender has used is kept up
 * to a quarter of a second, which is the burst.
 *
 * <p>Bytes of a sender that can wait pass once nothing is owed. Such senders wait in a queue in
 * which sources take turns of one piece. A sender owes nothing before its turn, so that it can
 * leave the queue at any time and delays no other one.
 *
 * <p>Datagrams pass at once or never, each source with its own part, see {@link SourceDebts}. While
 * senders wait, half of the rate is for datagrams; a half that is not used is for the other kind.
 *
 * <p>The rate can change at any time. Thread-safe.
 */
public final class TokenBucket {

  /** The rate of a bucket that limits nothing. */
  public static final long UNLIMITED = 0;

  /** The limit of what datagrams owe: two bursts, of which a single source can use one. */
  private static final long DATAGRAM_NANOS = 2 * RateDebt.BURST_NANOS;

  /** The limit at a low rate: two datagrams of the usual length. */
  private static final int DATAGRAM_BYTES = 3000;

  /** How often the first sender of the queue looks for senders that have to end. */
  private static final long CHECK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** How often datagrams pay: a payment takes a step for each slot of a source. */
  private static final long SETTLE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  /** The time to wait of a sender that is not the first one. */
  private static final long UNTIL_WOKEN = Long.MAX_VALUE;

  /** A sender in the queue. */
  final class Waiter {
    private final SourcePrefix source;
    private final int bytes;
    private final BooleanSupplier isOver;
    private final Thread thread = Thread.currentThread();

    /** Guarded by the lock. */
    private boolean isQueued = true;

    /** Bytes that may pass. Guarded by the lock. */
    private int granted;

    private Waiter(SourcePrefix source, int bytes, BooleanSupplier isOver) {
      this.source = source;
      this.bytes = bytes;
      this.isOver = isOver;
    }

    /** Returns how long to wait before the next call; zero if the sender is not queued any more. */
    long waitNanos() {
      dismissEnded();
      lock.lock();
      try {
        long now = settle();
        letPass(now);
        if (!isQueued) {
          return 0;
        }
        return this == first ? Math.min(debt.waitNanos(now), CHECK_NANOS) : UNTIL_WOKEN;
      } finally {
        lock.unlock();
      }
    }

    /** Leaves the queue, if it has not left before; returns the bytes that may pass. */
    int leave() {
      lock.lock();
      try {
        if (isQueued) {
          long now = settle();
          waiters.remove(source, this);
          isQueued = false;
          letPass(now);
        }
        return granted;
      } finally {
        lock.unlock();
      }
    }

    private void end(int mayPass) {
      granted = mayPass;
      isQueued = false;
      wake();
    }

    private void wake() {
      if (thread != Thread.currentThread()) {
        LockSupport.unpark(thread);
      }
    }
  }

  private final LongSupplier nanoTime;
  private final ReentrantLock lock = new ReentrantLock();

  /** The debt of all bytes. Guarded by the lock, as are the fields below. */
  private final RateDebt debt;

  /** The part of datagrams in it. */
  private final DatagramDebts datagrams;

  private final SourceTurns<Waiter> waiters = new SourceTurns<>();

  /** The first of the queue, which waits for a time and not until it is woken; null if none. */
  private Waiter first;

  /** Until when datagrams have paid. */
  private long settledNanos;

  /** When the queue was searched for senders that have to end. */
  private long checkedNanos;

  /** Creates a bucket that limits nothing. */
  public TokenBucket() {
    this(System::nanoTime, ThreadLocalRandom.current().nextInt());
  }

  /** Creates a bucket with another clock, and a salt for the hashes of sources. */
  TokenBucket(LongSupplier nanoTime, int salt) {
    this.nanoTime = nanoTime;
    this.settledNanos = nanoTime.getAsLong();
    this.checkedNanos = settledNanos;
    this.debt = new RateDebt(settledNanos);
    this.datagrams = new DatagramDebts(salt);
  }

  /**
   * Sets the rate, also for senders that wait.
   *
   * @param bytesPerSecond a positive number, or {@link #UNLIMITED}
   */
  public void setRate(long bytesPerSecond) {
    lock.lock();
    try {
      if (bytesPerSecond != debt.rate()) {
        long now = settle();
        datagrams.scale(debt.setRate(now, bytesPerSecond));
        letPass(now);
        wakeFirst();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Returns whether it limits nothing. */
  boolean isUnlimited() {
    return debt.isUnlimited();
  }

  /** Returns how many bytes of a sender may pass at a time, so that others have their turn. */
  int piece() {
    return debt.piece();
  }

  /**
   * Waits until bytes of a sender may pass.
   *
   * @param isOver whether the sender has to end; must not block or take a lock
   * @return how many may pass, at most a piece; or 0 if the sender has to end
   */
  int take(SourcePrefix source, int bytes, BooleanSupplier isOver) {
    if (isUnlimited()) {
      return bytes;
    }
    Waiter waiter = join(source, bytes, isOver);
    try {
      for (long nanos = waiter.waitNanos(); nanos > 0; nanos = waiter.waitNanos()) {
        park(nanos);
      }
    } catch (RuntimeException | Error e) {
      giveBack(waiter.leave());
      throw e;
    }
    return waiter.leave();
  }

  private void park(long nanos) {
    if (nanos == UNTIL_WOKEN) {
      LockSupport.park(this);
    } else {
      LockSupport.parkNanos(this, nanos);
    }
  }

  /** Enters the queue. Calls of {@link Waiter#waitNanos} follow, and {@link Waiter#leave}. */
  Waiter join(SourcePrefix source, int bytes, BooleanSupplier isOver) {
    lock.lock();
    try {
      settle();
      var waiter = new Waiter(source, bytes, isOver);
      waiters.add(source, waiter);
      return waiter;
    } finally {
      lock.unlock();
    }
  }

  /** Lets bytes pass now; returns false, without an effect, if others have to pass before. */
  boolean tryTake(int bytes) {
    if (isUnlimited()) {
      return true;
    }
    lock.lock();
    try {
      long now = settle();
      boolean canPass = waiters.isEmpty() && debt.waitNanos(now) == 0;
      if (canPass) {
        debt.add(now, bytes);
      }
      return canPass;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Lets a datagram pass now, also if others wait; returns false, without an effect, if its source
   * owes too much.
   *
   * @param isConfirmed whether its source is known not to be forged
   */
  boolean tryTakeDatagram(SourcePrefix source, boolean isConfirmed, int bytes) {
    if (isUnlimited()) {
      return true;
    }
    lock.lock();
    try {
      long now = settle();
      long limit = Math.max(DATAGRAM_NANOS, debt.nanos(DATAGRAM_BYTES));
      boolean canPass = datagrams.tryAdd(source, isConfirmed, debt.nanos(bytes), limit);
      if (canPass) {
        debt.add(now, bytes);
      }
      return canPass;
    } finally {
      lock.unlock();
    }
  }

  /** Takes back bytes that did not pass after all. */
  void giveBack(int bytes) {
    if (bytes > 0 && !isUnlimited()) {
      lock.lock();
      try {
        debt.remove(bytes);
        wakeFirst();
      } finally {
        lock.unlock();
      }
    }
  }

  /** Takes back a datagram that did not pass after all. */
  void giveBackDatagram(SourcePrefix source, boolean isConfirmed, int bytes) {
    if (bytes > 0 && !isUnlimited()) {
      lock.lock();
      try {
        datagrams.remove(source, isConfirmed, debt.nanos(bytes));
        debt.remove(bytes);
        wakeFirst();
      } finally {
        lock.unlock();
      }
    }
  }

  /**
   * Ends the wait of all senders that have to end: one thread looks for all. It asks them without
   * the lock, which threads that must not block take for each datagram.
   */
  private void dismissEnded() {
    List<Waiter> over =
        membersToCheck().stream().filter(waiter -> waiter.isOver.getAsBoolean()).toList();
    if (!over.isEmpty()) {
      lock.lock();
      try {
        over.forEach(this::dismiss);
      } finally {
        lock.unlock();
      }
    }
  }

  /** Returns all senders that wait; none if they have been checked a moment ago. */
  private List<Waiter> membersToCheck() {
    lock.lock();
    try {
      long now = nanoTime.getAsLong();
      if (now - checkedNanos < CHECK_NANOS) {
        return List.of();
      }
      checkedNanos = now;
      return waiters.members();
    } finally {
      lock.unlock();
    }
  }

  // The caller of all methods below holds the lock.

  private void dismiss(Waiter waiter) {
    if (waiter.isQueued) {
      waiters.remove(waiter.source, waiter);
      waiter.end(0);
    }
  }

  /** Lets datagrams pay for the time since the last payment; returns the current time. */
  private long settle() {
    long now = nanoTime.getAsLong();
    if (now - settledNanos >= SETTLE_NANOS) {
      double passed = now - settledNanos;
      settledNanos = now;
      datagrams.pay(waiters.isEmpty() ? passed : passed / 2);
    }
    return now;
  }

  /** Lets the first senders of the queue pass while nothing is owed, and wakes the next one. */
  private void letPass(long now) {
    Waiter next = waiters.first();
    while (next != null && debt.waitNanos(now) == 0) {
      int bytes = Math.min(next.bytes, piece());
      debt.add(now, bytes);
      waiters.removeFirst(bytes, piece());
      next.end(bytes);
      next = waiters.first();
    }
    if (next != first) {
      first = next;
      wakeFirst();
    }
  }

  private void wakeFirst() {
    if (first != null) {
      first.wake();
    }
  }
}
