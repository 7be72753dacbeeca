package culvert.net;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A number of places, divided among users. Half of the places are reserved for the users in equal
 * parts; the rest, and all places if there is one user only, go to the first that needs them. One
 * user therefore cannot take all places of the others. Thread-safe.
 */
public final class ReservedPlaces {

  /** The part of the places that is reserved: one in this many. */
  private static final int RESERVED_PART = 2;

  /** The places of one user. */
  public final class Share {
    /** Guarded by the lock, as is {@link #open}. */
    private int held;

    private boolean open;

    private Share() {}

    /** Reserves places for the user from now on. */
    public void open() {
      setOpen(true);
    }

    /** Ends the reservation; places that are taken stay so. */
    public void close() {
      setOpen(false);
    }

    private void setOpen(boolean value) {
      lock.lock();
      try {
        open = value;
        if (value ? shares.add(this) : shares.remove(this)) {
          divide();
        }
      } finally {
        lock.unlock();
      }
    }

    /** Takes a place; returns false if none is left for this user. */
    public boolean tryAcquire() {
      lock.lock();
      try {
        if (max - used <= unfilled - missing()) {
          return false;
        }
        change(1);
        return true;
      } finally {
        lock.unlock();
      }
    }

    /** Frees a place. */
    public void release() {
      lock.lock();
      try {
        change(-1);
      } finally {
        lock.unlock();
      }
    }

    private void change(int by) {
      unfilled -= missing();
      held += by;
      used += by;
      unfilled += missing();
    }

    /** Returns how many of its reserved places are free. */
    private int missing() {
      return open ? Math.max(0, reserved - held) : 0;
    }
  }

  private final ReentrantLock lock = new ReentrantLock();

  /** Guarded by the lock, as are the fields below. */
  private int max;

  /** The users with a reservation. */
  private final Set<Share> shares = new HashSet<>();

  private int used;

  /** Places reserved for each user. */
  private int reserved;

  /** Reserved places of all users that are free. */
  private int unfilled;

  /**
   * Creates places for any number of users.
   *
   * @param max number of places
   */
  public ReservedPlaces(int max) {
    this.max = max;
  }

  /** Returns the places of another user, without a reservation yet. */
  public Share share() {
    return new Share();
  }

  /** Changes the number of places; those that are taken stay so. */
  public void setMax(int value) {
    lock.lock();
    try {
      max = value;
      divide();
    } finally {
      lock.unlock();
    }
  }

  private void divide() {
    reserved = shares.isEmpty() ? 0 : max / RESERVED_PART / shares.size();
    unfilled = shares.stream().mapToInt(Share::missing).sum();
  }
}
