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
 *
 * <p>A direction that has ended in order is delivered completely, whatever becomes of the other
 * one: a connection whose output was ended is closed and not reset, and a failure takes effect only
 * after the bytes of a complete input have been written.
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
   * after at most twice as long. A wait for the rate of a {@link BandwidthLimit} does not count.
   *
   * @param halfClosed once one direction has ended and the other waits for bytes; ten times as long
   *     if bytes wait for a receiver that does not read
   * @param open while both directions are open, and at most otherwise; without a limit if empty
   */
  public record IdleLimits(Duration halfClosed, Optional<Duration> open) {

    /** A receiver that pauses is given about as long as a kernel gives one of a closed socket. */
    private static final int BLOCKED_FACTOR = 10;

    private Duration afterHalfClose() {
      return atMostOpen(halfClosed);
    }

    private Duration whileBlocked() {
      return atMostOpen(halfClosed.multipliedBy(BLOCKED_FACTOR));
    }

    private Duration atMostOpen(Duration limit) {
      return open.filter(shorter -> shorter.compareTo(limit) < 0).orElse(limit);
    }
  }

  private enum State {
    /** The input has not ended. */
    COPYING,
    /** All bytes were written, and the half-close is being forwarded. */
    ENDING,
    /** The half-close was forwarded. */
    ENDED,
    /** The loop has ended by an error. */
    FAILED
  }

  /** One copy loop. */
  private final class Direction {
    private final Connection from;
    private final Connection to;

    /** Present if there is a limit, or may be one later. */
    private final Optional<ThrottledOutput> throttle;

    private final ObservedOutput output;
    private volatile State state = State.COPYING;

    Direction(Connection from, Connection to, BandwidthLimit limit) {
      this.from = from;
      this.to = to;
      this.throttle =
          limit.buckets().isEmpty()
              ? Optional.empty()
              : Optional.of(new ThrottledOutput(to.output(), limit, Relay.this::isOver));
      this.output =
          new ObservedOutput(throttle.<ByteOutput>map(limited -> limited).orElseGet(to::output));
    }

    void copy() {
      try {
        from.input().transferTo(output);
        state = State.ENDING;
        to.closeOutput();
        state = State.ENDED;
        ended();
      } catch (IOException e) {
        state = State.FAILED;
        fail(failedSide());
      } catch (RuntimeException | Error e) {
        end(Outcome.STOPPED);
        throw e;
      } finally {
        throttle.ifPresent(ThrottledOutput::end);
      }
    }

    /** Returns whether a write waits for the rate of this side. */
    boolean isThrottled() {
      return throttle.filter(ThrottledOutput::isWaiting).isPresent();
    }

    /** Returns a count that changes with each wait for the rate. */
    long waits() {
      return throttle.map(ThrottledOutput::waits).orElse(0L);
    }

    /** Returns whether the input is complete and its receiver lacks the rest or the end. */
    boolean isDelivering() {
      boolean isIncomplete =
          state == State.ENDING || state == State.COPYING && from.isInputComplete();
      return isIncomplete && to.closeCause().isEmpty();
    }
  }

  private final String name;
  private final Connection first;
  private final Connection second;
  private final Direction forward;
  private final Direction backward;
  private final AtomicReference<Outcome> outcome = new AtomicReference<>();
  private final CountDownLatch forwardEnded = new CountDownLatch(1);
  private volatile Throwable forwardBug;

  /** The first failure, which ends the relay once no direction is delivering any more. */
  private final AtomicReference<Outcome> failure = new AtomicReference<>();

  /** Whether a direction has ended, or cannot continue. */
  private final AtomicBoolean halfClosed = new AtomicBoolean();

  private final IdleWatch idleWatch;

  /**
   * Creates a relay that copies nothing yet and may be idle for any time while both directions are
   * open.
   *
   * @param name prefix of the forward loop's thread name, as {@code visitor > service}
   * @param halfClosed how long a half-closed relay may be idle before it is closed, see {@link
   *     IdleLimits}
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
    this(name, first, second, deadlines, idle, BandwidthLimits.NONE);
  }

  /**
   * Creates a relay that copies nothing yet.
   *
   * @param name prefix of the forward loop's thread name, as {@code visitor > service}
   * @param idle how long it may be idle; measured from {@link #finish}
   * @param limits the rates of both directions, which may change meanwhile
   */
  public Relay(
      String name,
      Connection first,
      Connection second,
      Deadlines deadlines,
      IdleLimits idle,
      BandwidthLimits limits) {
    this.name = name;
    this.first = first;
    this.second = second;
    this.forward = new Direction(first, second, limits.forward());
    this.backward = new Direction(second, first, limits.backward());
    this.idleWatch =
        new IdleWatch(
            deadlines,
            idle.afterHalfClose(),
            () -> limit(idle),
            this::activity,
            () -> end(isHalfClosed() ? Outcome.HALF_CLOSED_IDLE : Outcome.IDLE));
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
    first.onBroken(() -> fail(Outcome.FIRST_FAILED));
    second.onBroken(() -> fail(Outcome.SECOND_FAILED));
    resetOnDeath(first);
    resetOnDeath(second);
    starter.accept(this::copyForward);
  }

  private void copyForward() {
    try {
      forward.copy();
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
      backward.copy();
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
   * Ends both connections of a relay on which {@link #finish} is not called. Returns how the relay
   * had ended before, or {@link Outcome#STOPPED}.
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

  /** Returns whether a loop that waits for its rate should end the wait. */
  private boolean isOver() {
    return outcome.get() != null || first.isClosed() || second.isClosed();
  }

  private static void resetOnDeath(Connection connection) {
    try {
      connection.resetOnDeath();
    } catch (IOException e) {
      // The connection has failed already; its loop reports that.
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

  /**
   * Ends the relay because a connection has failed: at once, or after a direction that is being
   * delivered, which calls {@link #ended} or this method at its end.
   */
  private void fail(Outcome how) {
    failure.compareAndSet(null, how);
    if (forward.isDelivering() || backward.isDelivering()) {
      setHalfClosed();
    } else {
      end(failure.get());
    }
  }

  private void end(Outcome how) {
    if (outcome.compareAndSet(null, how)) {
      abandon();
    }
  }

  private void abandon() {
    first.abandon();
    second.abandon();
  }

  private void ended() {
    if (failure.get() != null) {
      fail(failure.get());
    } else {
      setHalfClosed();
    }
  }

  private void setHalfClosed() {
    if (halfClosed.compareAndSet(false, true)) {
      idleWatch.restart();
    }
  }

  private boolean isHalfClosed() {
    return halfClosed.get() || first.isInputComplete() || second.isInputComplete();
  }

  private long activity() {
    return first.activity() + second.activity() + forward.waits() + backward.waits();
  }

  /** Returns the idle timeout that applies now: none while this side delays the bytes. */
  private Optional<Duration> limit(IdleLimits idle) {
    if (forward.isThrottled() || backward.isThrottled()) {
      return Optional.empty();
    }
    if (!isHalfClosed()) {
      return idle.open();
    }
    boolean isBlocked = forward.output.isWriting() || backward.output.isWriting();
    return Optional.of(isBlocked ? idle.whileBlocked() : idle.afterHalfClose());
  }

  private void close() {
    idleWatch.stop();
    if (outcome.compareAndSet(null, Outcome.COMPLETED)) {
      first.close();
      second.close();
    } else {
      // The thread that ended the relay may not have reset both yet, and a clean close must not
      // come first.
      abandon();
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
