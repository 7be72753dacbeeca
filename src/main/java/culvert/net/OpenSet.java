package culvert.net;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * The open objects of a role, so that stopping can close them and wait for their end.
 *
 * @param <T> connections or sessions
 */
public final class OpenSet<T> {

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition empty = lock.newCondition();
  private final Set<T> members = new HashSet<>();
  private boolean closed;

  /** Creates an empty set. */
  public OpenSet() {}

  /** Adds a member; returns false without adding it after {@link #closeAll} was called. */
  public boolean add(T member) {
    lock.lock();
    try {
      return !closed && members.add(member);
    } finally {
      lock.unlock();
    }
  }

  /** Removes a member. */
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

  /** Calls {@code action} for every member of now, without the lock. */
  public void forEach(Consumer<T> action) {
    List<T> all;
    lock.lock();
    try {
      all = List.copyOf(members);
    } finally {
      lock.unlock();
    }
    all.forEach(action);
  }

  /** Returns the number of members. */
  public int size() {
    lock.lock();
    try {
      return members.size();
    } finally {
      lock.unlock();
    }
  }

  /** Rejects later additions and calls {@code close} for every member. */
  public void closeAll(Consumer<T> close) {
    List<T> all;
    lock.lock();
    try {
      closed = true;
      all = List.copyOf(members);
    } finally {
      lock.unlock();
    }
    all.forEach(close);
  }

  /** Waits until the set is empty; returns false if the limit passes before. */
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
