package culvert.origin;

import culvert.net.Cancellation;
import culvert.net.Deadlines;
import culvert.net.Dialer;
import culvert.net.Threads;
import culvert.observe.Log;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;

/**
 * Checks the origin server of one service again and again, each time in a thread of its own. A
 * failure while the process lacks file descriptors is no result: the server may be healthy.
 */
final class ServerCheck implements AutoCloseable {

  /** Receives the results, in the thread of the check. */
  interface Listener {
    /**
     * A check has failed.
     *
     * @param cause the reason, with the server
     */
    void failed(String service, String cause);

    /**
     * The server has become healthy, or unhealthy.
     *
     * @param cause why it is unhealthy; empty if it is healthy
     */
    void changed(String service, Optional<String> cause);
  }

  private final String service;
  private final HealthRequest request;
  private final Dialer dialer;
  private final Deadlines deadlines;
  private final Listener listener;
  private final BooleanSupplier isShortOfDescriptors;
  private final Log log;

  /** Ends the check in progress and the pause before the next. */
  private final Cancellation cancellation = new Cancellation();

  /** Written by the check in progress; a server is healthy before its first check. */
  private volatile boolean isHealthy = true;

  /** Written by the check in progress. */
  private volatile boolean isChecked;

  /** Whether the pause after the first check is over; confined to the check in progress. */
  private boolean hasPaused;

  /** Checks that have failed since the last success; confined to the check in progress. */
  private int failures;

  /**
   * Creates a check that has not begun.
   *
   * @param service the name of the service
   * @param isShortOfDescriptors whether the process can hardly open sockets now
   */
  ServerCheck(
      String service,
      HealthRequest request,
      Dialer dialer,
      Deadlines deadlines,
      Listener listener,
      BooleanSupplier isShortOfDescriptors,
      Log log) {
    this.service = service;
    this.request = request;
    this.dialer = dialer;
    this.deadlines = deadlines;
    this.listener = listener;
    this.isShortOfDescriptors = isShortOfDescriptors;
    this.log = log;
  }

  /** Returns what is checked, and how. */
  HealthRequest request() {
    return request;
  }

  boolean isHealthy() {
    return isHealthy;
  }

  /** Continues with the state of a check of the same server; called before the first check. */
  void takeStateOf(ServerCheck before) {
    isHealthy = before.isHealthy;
    isChecked = before.isChecked;
  }

  /** Begins the next check. */
  void start() {
    Threads.start("health check of " + service, this::run);
  }

  private void run() {
    if (cancellation.isCancelled()) {
      return;
    }
    Optional<String> problem = problem();
    if (cancellation.isCancelled()) {
      return;
    }
    try {
      record(problem);
    } catch (RuntimeException | Error e) {
      log.bug("internal error after health check", e);
    } finally {
      Deadlines.Deadline next = deadlines.after(pause(), this::start);
      cancellation.onCancel(next::cancel);
    }
  }

  /**
   * Returns the interval, or a random part of it after the first check: the checks of all services
   * begin together and must not stay together.
   */
  private Duration pause() {
    long nanos = request.check().interval().toNanos();
    boolean isFirst = !hasPaused;
    hasPaused = true;
    return isFirst
        ? Duration.ofNanos(ThreadLocalRandom.current().nextLong(nanos) + 1)
        : Duration.ofNanos(nanos);
  }

  private Optional<String> problem() {
    try {
      request.run(dialer, deadlines, cancellation);
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(e.getMessage());
    } catch (RuntimeException | Error e) {
      log.bug("internal error in health check", e);
      return Optional.of("internal error");
    }
  }

  /** Alone the first check decides: before it the server was only taken for healthy. */
  private void record(Optional<String> problem) {
    if (problem.isPresent() && isShortOfDescriptors.getAsBoolean()) {
      return;
    }
    failures = problem.isPresent() ? failures + 1 : 0;
    problem.ifPresent(cause -> listener.failed(service, cause));
    boolean isEnough = !isChecked || failures >= request.check().failures();
    isChecked = true;
    if (problem.isPresent() == isHealthy && (problem.isEmpty() || isEnough)) {
      isHealthy = problem.isEmpty();
      listener.changed(service, problem);
    }
  }

  /** Ends the checks; does not block. */
  @Override
  public void close() {
    cancellation.cancel();
  }
}
