package culvert.net;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * What is alive in a role, so that stopping can end it and wait until it is gone.
 *
 * @param <T> connections, sessions
 */
public final class OpenSet<T> {

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition empty = lock.newCondition();
  private final Set<T> members = new HashSet<>();
  private boolean closed;

  /** Nothing alive yet. */
  public OpenSet() {}

  /** Adds a member; returns false, and does not, once {@link #closeAll} was called. */
  public boolean add(T member) {
    lock.lock();
    try {
      return !closed && members.add(member);
    } finally {
      lock.unlock();
    }
  }

  /** Takes a member out again. */
  public void remove(T member) {
    lock.lock();
    try {
      members.remove(member);
      if (members.isEmpty()) {
        empty.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** How many there are now. */
  public int size() {
    lock.lock();
    try {
      return members.size();
    } finally {
      lock.unlock();
    }
  }

  /** Lets nobody in any more, and tells every member to end. */
  public void closeAll(Consumer<T> how) {
    List<T> all;
    lock.lock();
    try {
      closed = true;
      all = List.copyOf(members);
    } finally {
      lock.unlock();
    }
    all.forEach(how);
  }

  /** Waits until the last member is gone; returns false if that takes longer than the limit. */
  public boolean awaitEmpty(Duration limit) {
    long left = limit.toNanos();
    lock.lock();
    try {
      while (!members.isEmpty() && left > 0) {
        left = empty.awaitNanos(left);
      }
      return members.isEmpty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      lock.unlock();
    }
  }
}
