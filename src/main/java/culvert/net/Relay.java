package culvert.net;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/**
 * Joins two connections with two copy loops until both directions have ended. The end of one
 * direction is forwarded as a half-close while the other continues; a failure of one connection
 * resets both, so that a truncated transfer never looks complete.
 */
public final class Relay {

  /** How a relay ended. */
  public enum Outcome {
    /** Both directions ended normally. */
    COMPLETED,
    /** The first connection failed, for the reason in {@link Connection#closeCause}. */
    FIRST_FAILED,
    /** The second connection failed. */
    SECOND_FAILED,
    /** One direction had ended and the other was idle for too long. */
    HALF_CLOSED_IDLE,
    /** Both directions were open and idle for too long. */
    IDLE,
    /** This side ended the relay. */
    STOPPED
  }

  /**
   * How long a relay may be without bytes in either direction before it is closed; it is closed
   * after at most twice as long.
   *
   * @param halfClosed once one direction has ended
   * @param open while both directions are open; without a limit if empty
   */
  public record IdleLimits(Duration halfClosed, Optional<Duration> open) {

    private Duration afterHalfClose() {
      return open.filter(limit -> limit.compareTo(halfClosed) < 0).orElse(halfClosed);
    }
  }

  private final String name;
  private final Connection first;
  private final Connection second;
  private final AtomicReference<Outcome> outcome = new AtomicReference<>();
  private final CountDownLatch forwardEnded = new CountDownLatch(1);
  private volatile Throwable forwardBug;

  private final AtomicBoolean halfClosed = new AtomicBoolean();
  private final IdleWatch idleWatch;

  /**
   * Creates a relay that copies nothing yet and may be idle for any time while both directions are
   * open.
   *
   * @param name prefix of the forward loop's thread name, as {@code visitor > service}
   * @param halfClosed how long a half-closed relay may be idle before it is closed
   */
  public Relay(
      String name, Connection first, Connection second, Deadlines deadlines, Duration halfClosed) {
    this(name, first, second, deadlines, new IdleLimits(halfClosed, Optional.empty()));
  }

  /**
   * Creates a relay that copies nothing yet.
   *
   * @param name prefix of the forward loop's thread name, as {@code visitor > service}
   * @param idle how long it may be idle; measured from {@link #finish}
   */
  public Relay(
      String name, Connection first, Connection second, Deadlines deadlines, IdleLimits idle) {
    this.name = name;
    this.first = first;
    this.second = second;
    this.idleWatch =
        new IdleWatch(
            deadlines,
            () -> halfClosed.get() ? Optional.of(idle.afterHalfClose()) : idle.open(),
            this::bytesMoved,
            () -> end(halfClosed.get() ? Outcome.HALF_CLOSED_IDLE : Outcome.IDLE));
  }

  /** Starts the loop from the first connection to the second in a new thread. */
  public void startForward() {
    startForward(loop -> Threads.start(name + " >", loop));
  }

  /**
   * Starts the loop from the first connection to the second.
   *
   * @param starter runs the loop in another thread; must not block
   */
  public void startForward(Consumer<Runnable> starter) {
    // A loop may block on one connection while the other breaks.
    first.onBroken(() -> end(Outcome.FIRST_FAILED));
    second.onBroken(() -> end(Outcome.SECOND_FAILED));
    resetOnDeath(first);
    resetOnDeath(second);
    starter.accept(this::copyForward);
  }

  private void copyForward() {
    try {
      copy(first, second);
    } catch (RuntimeException | Error e) {
      forwardBug = e;
    } finally {
      forwardEnded.countDown();
    }
  }

  /**
   * Runs the loop from the second connection to the first in the calling thread, waits for the
   * forward loop, and closes both connections.
   */
  public Outcome finish() {
    try {
      idleWatch.restart();
      copy(second, first);
    } finally {
      awaitForward();
      close();
    }
    if (forwardBug != null) {
      throw new IllegalStateException("internal error in the loop to " + second.peer(), forwardBug);
    }
    return outcome.get();
  }

  /**
   * Resets both connections of a relay on which {@link #finish} is not called. Returns how the
   * relay had ended before, or {@link Outcome#STOPPED}.
   */
  public Outcome abort() {
    end(Outcome.STOPPED);
    awaitForward();
    close();
    return outcome.get();
  }

  /** Runs both loops; for two connections that are both established. */
  public Outcome run() {
    startForward();
    return finish();
  }

  private static void resetOnDeath(Connection connection) {
    try {
      connection.resetOnDeath();
    } catch (IOException e) {
      // The connection has failed already; its loop reports that.
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

  /** Returns the connection that failed; the exception does not identify it. */
  private Outcome failedSide() {
    var firstCause = first.closeCause();
    var secondCause = second.closeCause();
    if (firstCause.isPresent() && firstCause.get() != CloseCause.STOPPED) {
      return Outcome.FIRST_FAILED;
    }
    if (secondCause.isPresent() && secondCause.get() != CloseCause.STOPPED) {
      return Outcome.SECOND_FAILED;
    }
    return Outcome.STOPPED;
  }

  private void end(Outcome how) {
    if (outcome.compareAndSet(null, how)) {
      first.reset();
      second.reset();
    }
  }

  private void ended() {
    if (halfClosed.compareAndSet(false, true)) {
      idleWatch.restart();
    }
  }

  private long bytesMoved() {
    return first.received() + first.sent() + second.received() + second.sent();
  }

  private void close() {
    idleWatch.stop();
    if (outcome.compareAndSet(null, Outcome.COMPLETED)) {
      first.close();
      second.close();
    } else {
      // The thread that ended the relay may not have reset both yet, and a clean close must not
      // come first.
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
