package culvert.cli.process;

import culvert.net.Threads;
import java.io.FileInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/**
 * The terminal that controls this process, from which Ctrl-C comes. After it has closed, {@code
 * /dev/tty} can no longer be opened; in a process that never had one it cannot be opened at all.
 * HUP that the system sends for the loss of the terminal arrives at about the same time. A later
 * one is an operator's, so {@link #watch} notices the loss without a signal.
 */
final class ControllingTerminal {

  private static final String DEVICE = "/dev/tty";

  /** Can always be opened, unless no file descriptor is free. */
  private static final String ALWAYS = "/dev/null";

  private static final Duration CHECK_INTERVAL = Duration.ofSeconds(1);

  /**
   * Checks after the loss for which HUP counts as its announcement. Checks are counted instead of
   * time: a process that was stopped gets the signal when it continues, however late that is.
   */
  static final int MAX_CHECKS = 5;

  private final BooleanSupplier isClosed;
  private final boolean existed;

  /** Incremented by the thread that checks; read by those of signals. */
  private final AtomicInteger checksWhileClosed = new AtomicInteger();

  /** Uses the terminal of this process. */
  ControllingTerminal() {
    this(canOpen(DEVICE), () -> !canOpen(DEVICE) && canOpen(ALWAYS));
  }

  /**
   * Uses a terminal.
   *
   * @param existed whether the process has the terminal now
   * @param isClosed returns whether it has no terminal; false if that is unknown
   */
  ControllingTerminal(boolean existed, BooleanSupplier isClosed) {
    this.existed = existed;
    this.isClosed = isClosed;
  }

  /**
   * Checks from now on, in a thread of its own, until HUP no longer announces the loss.
   *
   * @param onLost runs at the end
   */
  void watch(Runnable onLost) {
    if (existed) {
      Threads.start("terminal", () -> checkOften(onLost));
    }
  }

  private void checkOften(Runnable onLost) {
    try {
      do {
        Thread.sleep(CHECK_INTERVAL);
      } while (check());
      onLost.run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Checks once; returns whether further checks are necessary. */
  boolean check() {
    if (isClosed.getAsBoolean()) {
      checksWhileClosed.incrementAndGet();
    }
    return checksWhileClosed.get() <= MAX_CHECKS;
  }

  /**
   * Returns whether the process had a terminal when this object was created and has lost it within
   * the last checks.
   */
  boolean hasJustClosed() {
    return existed && checksWhileClosed.get() <= MAX_CHECKS && isClosed.getAsBoolean();
  }

  private static boolean canOpen(String file) {
    try (var in = new FileInputStream(file)) {
      return in.getFD().valid();
    } catch (IOException e) {
      return false;
    }
  }
}
