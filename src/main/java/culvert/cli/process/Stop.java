package culvert.cli.process;

import culvert.bounce.server.StopRequest;
import culvert.net.Threads;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;

/** A request to stop, made once: by a signal, or by the caller that runs the command. */
public final class Stop implements StopRequest {

  private final AtomicBoolean first = new AtomicBoolean(true);
  private final CompletableFuture<Void> requested = new CompletableFuture<>();

  /** Set before the stop begins. */
  private volatile boolean isTerminalClosed;

  /** Requests the stop; returns false if it was requested before. */
  public boolean request() {
    boolean isFirst = announce();
    begin();
    return isFirst;
  }

  /** Requests the stop because the terminal of the process has closed. */
  void terminalClosed() {
    isTerminalClosed = true;
    request();
  }

  /** Returns the cause for the log, if the stop was not requested by a user or a program. */
  public Optional<String> cause() {
    return isTerminalClosed ? Optional.of("terminal closed") : Optional.empty();
  }

  @Override
  public boolean announce() {
    return first.compareAndSet(true, false);
  }

  @Override
  public void begin() {
    requested.complete(null);
  }

  /** Blocks until the stop is requested. */
  public void await() throws InterruptedException {
    try {
      requested.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Runs {@code action} in a thread of its own once the stop is requested. The thread starts no
   * earlier, because a role may end without a stop.
   */
  public void then(Runnable action) {
    requested.thenRun(() -> Threads.start("stop", action));
  }
}
