package culvert.net;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Joins two connections with two copy loops until both directions have ended. The end of one
 * direction is passed on as a half-close and the other goes on; a failure of one connection is a
 * reset of both, so that a truncated transfer never looks complete.
 */
public final class Relay {

  /** How a relay ended. */
  public enum Outcome {
    /** Both directions ended by themselves. */
    COMPLETED,
    /** The first connection broke; its {@link Connection#closeCause} says how. */
    FIRST_FAILED,
    /** The second connection broke. */
    SECOND_FAILED,
    /** One direction had ended and the other stayed silent for too long. */
    IDLE,
    /** Somebody on this side ended it. */
    STOPPED
  }

  private final String name;
  private final Connection first;
  private final Connection second;
  private final Deadlines deadlines;
  private final Duration silence;
  private final AtomicReference<Outcome> ending = new AtomicReference<>();
  private final CountDownLatch forwardEnded = new CountDownLatch(1);
  private volatile Deadlines.Deadline watch = () -> {};
  private final AtomicBoolean halfClosed = new AtomicBoolean();
  private volatile boolean over;
  private volatile Throwable forwardBug;

  /**
   * Prepares a relay; nothing is copied yet.
   *
   * @param name tells the two loops apart in a thread dump, as {@code visitor > service}
   * @param silence how long a half-closed relay may be silent before it is closed
   */
  public Relay(
      String name, Connection first, Connection second, Deadlines deadlines, Duration silence) {
    this.name = name;
    this.first = first;
    this.second = second;
    this.deadlines = deadlines;
    this.silence = silence;
  }

  /** Starts the loop from the first connection to the second, in a thread of its own. */
  public void startForward() {
    // A loop may be blocked on one connection when the other breaks.
    first.onBroken(() -> end(Outcome.FIRST_FAILED));
    second.onBroken(() -> end(Outcome.SECOND_FAILED));
    resetOnDeath(first);
    resetOnDeath(second);
    Threads.start(
        name + " >",
        () -> {
          try {
            copy(first, second);
          } catch (RuntimeException | Error e) {
            forwardBug = e;
          } finally {
            forwardEnded.countDown();
          }
        });
  }

  /**
   * Runs the loop from the second connection to the first in the calling thread, waits for the
   * forward one, and closes both connections.
   */
  public Outcome finish() {
    try {
      copy(second, first);
    } finally {
      awaitForward();
      close();
    }
    if (forwardBug != null) {
      throw new IllegalStateException("a bug in the loop towards " + second.peer(), forwardBug);
    }
    return ending.get();
  }

  /** Ends a relay that never came to {@link #finish}: both connections are reset. */
  public void abort() {
    end(Outcome.STOPPED);
    awaitForward();
    close();
  }

  /** Both loops of a relay whose connections are there: the usual case of two sockets. */
  public Outcome run() {
    startForward();
    return finish();
  }

  private static void resetOnDeath(Connection connection) {
    try {
      connection.resetOnDeath();
    } catch (IOException e) {
      // It has broken already, which its loop is about to find.
    }
  }

  private void copy(Connection from, Connection to) {
    try {
      from.input().transferTo(to.output());
      to.closeOutput();
      ended();
    } catch (IOException e) {
      end(failedSide());
    } catch (RuntimeException | Error e) {
      end(Outcome.STOPPED);
      throw e;
    }
  }

  /** Asks the connections, not the exception: only they know who broke. */
  private Outcome failedSide() {
    var firstTrouble = first.closeCause();
    var secondTrouble = second.closeCause();
    if (firstTrouble.isPresent() && firstTrouble.get() != CloseCause.STOPPED) {
      return Outcome.FIRST_FAILED;
    }
    if (secondTrouble.isPresent() && secondTrouble.get() != CloseCause.STOPPED) {
      return Outcome.SECOND_FAILED;
    }
    return Outcome.STOPPED;
  }

  private void end(Outcome how) {
    if (ending.compareAndSet(null, how)) {
      first.reset();
      second.reset();
    }
  }

  private void ended() {
    if (halfClosed.compareAndSet(false, true)) {
      watchSilence(bytesMoved());
    }
  }

  private long bytesMoved() {
    return first.received() + first.sent() + second.received() + second.sent();
  }

  private void watchSilence(long before) {
    watch = deadlines.after(silence, () -> checkSilence(before));
    if (over) {
      watch.cancel();
    }
  }

  private void checkSilence(long before) {
    long now = bytesMoved();
    if (now == before) {
      end(Outcome.IDLE);
    } else {
      watchSilence(now);
    }
  }

  private void close() {
    over = true;
    watch.cancel();
    if (ending.compareAndSet(null, Outcome.COMPLETED)) {
      first.close();
      second.close();
    } else {
      // Whoever ended it may not have come to both yet, and a clean end must not come first.
      first.reset();
      second.reset();
    }
  }

  private void awaitForward() {
    boolean interrupted = false;
    for (; ; ) {
      try {
        forwardEnded.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
