package culvert.dialect.trp;

import culvert.net.Connection;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The visitors of one session that wait for a data connection, in the order in which they were
 * announced. A data connection carries no id, so it is given to the first of them.
 */
final class WaitingVisitors {

  /** Guards the fields below; held for nothing else. */
  private final ReentrantLock lock = new ReentrantLock();

  /** Signalled when a visitor has left the queue. */
  private final Condition fewer = lock.newCondition();

  private final Queue<CompletableFuture<Connection>> queue = new ArrayDeque<>();

  /** Whether no more visitors are announced. */
  private boolean closed;

  /**
   * Adds a visitor.
   *
   * @return the data connection that the visitor will be given
   * @throws IOException if {@link #close} or {@link #fail} was called before
   */
  CompletableFuture<Connection> add() throws IOException {
    var visitor = new CompletableFuture<Connection>();
    lock.lock();
    try {
      if (closed) {
        throw new IOException("the origin proxy is gone or draining");
      }
      queue.add(visitor);
    } finally {
      lock.unlock();
    }
    return visitor;
  }

  boolean isEmpty() {
    lock.lock();
    try {
      return queue.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  /** Gives the connection to the first visitor; returns false if no visitor waits. */
  boolean deliver(Connection channel) {
    lock.lock();
    try {
      CompletableFuture<Connection> first = queue.poll();
      while (first != null && !first.complete(channel)) {
        first = queue.poll();
      }
      fewer.signalAll();
      return first != null;
    } finally {
      lock.unlock();
    }
  }

  /** Removes a visitor that does not wait any more. */
  void remove(CompletableFuture<Connection> visitor) {
    lock.lock();
    try {
      queue.remove(visitor);
      fewer.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits until no visitor waits or the limit passes. */
  void awaitEmpty(Duration limit) {
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
  void close() {
    lock.lock();
    try {
      closed = true;
    } finally {
      lock.unlock();
    }
  }

  /** Accepts no more visitors, and fails those that wait with this message. */
  void fail(String why) {
    lock.lock();
    try {
      closed = true;
      queue.forEach(visitor -> visitor.completeExceptionally(new IOException(why)));
      queue.clear();
      fewer.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
