package culvert.session;

import culvert.net.Connection;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The visitors of one session that wait for a data channel, in the order in which they were
 * announced, for protocols whose data channels carry no id: each is given to the first visitor.
 */
public final class PendingQueue {

  /** Guards the fields below; held for nothing else. */
  private final ReentrantLock lock = new ReentrantLock();

  /** Signalled when a visitor has left the queue. */
  private final Condition fewer = lock.newCondition();

  private final Queue<PendingChannel> queue = new ArrayDeque<>();

  /** Whether no more visitors are announced. */
  private boolean closed;

  /** Creates an empty queue. */
  public PendingQueue() {}

  /**
   * Adds a visitor.
   *
   * @throws IOException if {@link #close} or {@link #fail} was called before
   */
  public void add(PendingChannel visitor) throws IOException {
    lock.lock();
    try {
      if (closed) {
        throw new IOException("the origin proxy is gone or draining");
      }
      queue.add(visitor);
    } finally {
      lock.unlock();
    }
  }

  /** Returns whether no visitor waits. */
  public boolean isEmpty() {
    lock.lock();
    try {
      return queue.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  /** Gives a channel to the first visitor; returns false if no visitor waits. */
  public boolean deliver(Connection channel) {
    lock.lock();
    try {
      PendingChannel first = queue.poll();
      while (first != null && !first.deliver(channel)) {
        first = queue.poll();
      }
      fewer.signalAll();
      return first != null;
    } finally {
      lock.unlock();
    }
  }

  /** Removes a visitor that does not wait any more. */
  public void remove(PendingChannel visitor) {
    lock.lock();
    try {
      queue.remove(visitor);
      fewer.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits until no visitor waits or the limit passes. */
  public void awaitEmpty(Duration limit) {
    lock.lock();
    try {
      long left = limit.toNanos();
      while (!queue.isEmpty() && left > 0) {
        left = fewer.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }

  /** Accepts no more visitors; those that wait stay. */
  public void close() {
    lock.lock();
    try {
      closed = true;
    } finally {
      lock.unlock();
    }
  }

  /** Accepts no more visitors, and fails those that wait with this message. */
  public void fail(String why) {
    lock.lock();
    try {
      closed = true;
      queue.forEach(visitor -> visitor.fail(why));
      queue.clear();
      fewer.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
