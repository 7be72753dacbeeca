package culvert.origin;

import culvert.net.Cancellation;
import culvert.net.Deadlines;
import culvert.net.Dialer;
import culvert.net.Threads;
import java.io.IOException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Checks the origin server of one service again and again, each time in a thread of its own. A
 * failure that is due to a limit of this process is no result: the server may be healthy.
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
     * A check has no result, because of a limit of this process.
     *
     * @param cause the limit, with the server
     */
    void inconclusive(String service, String cause);

    /**
     * The server has become healthy, or unhealthy.
     *
     * @param cause why it is unhealthy; empty if it is healthy
     */
    void changed(String service, Optional<String> cause);
  }

  /**
   * The result of one check.
   *
   * @param isConclusive whether it indicates the health of the server
   * @param problem why the check has failed; empty if the server is healthy
   */
  private record Result(boolean isConclusive, Optional<String> problem) {
    static final Result HEALTHY = new Result(true, Optional.empty());

    static Result failed(String problem) {
      return new Result(true, Optional.of(problem));
    }

    static Result inconclusive(String cause) {
      return new Result(false, Optional.of(cause));
    }
  }

  private final String service;
  private final HealthRequest request;
  private final CheckParts parts;

  /** Ends the check in progress and the pause before the next. */
  private final Cancellation cancellation = new Cancellation();

  /** Written by the check in progress; a server counts as healthy before its first check. */
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
   */
  ServerCheck(String service, HealthRequest request, CheckParts parts) {
    this.service = service;
    this.request = request;
    this.parts = parts;
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
    Result result = resultInTurn();
    if (cancellation.isCancelled()) {
      return;
    }
    try {
      record(result);
    } catch (RuntimeException | Error e) {
      parts.log().bug("internal error after health check", e);
    } finally {
      Deadlines.Deadline next = parts.deadlines().after(pause(), this::start);
      cancellation.onCancel(next::cancel);
    }
  }

  /** Checks once there is a place, which a check that was cancelled leaves to the next. */
  private Result resultInTurn() {
    parts.places().acquireUninterruptibly();
    try {
      return cancellation.isCancelled() ? Result.inconclusive("cancelled") : result();
    } finally {
      parts.places().release();
    }
  }

  private Result result() {
    try {
      request.run(parts.dialer(), parts.deadlines(), cancellation);
      return Result.HEALTHY;
    } catch (IOException e) {
      return isOwnLimit(e) ? Result.inconclusive(e.getMessage()) : Result.failed(e.getMessage());
    } catch (RuntimeException | Error e) {
      parts.log().bug("internal error in health check", e);
      return Result.failed("internal error");
    }
  }

  /** A resolver that cannot open its files reports that the name does not exist. */
  private boolean isOwnLimit(IOException e) {
    return Dialer.isOwnLimit(e)
        || e instanceof UnknownHostException && parts.isShortOfDescriptors().getAsBoolean();
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

  /** The first result decides at once: until then, nothing is known about the server. */
  private void record(Result result) {
    Optional<String> problem = result.problem();
    if (!result.isConclusive()) {
      problem.ifPresent(cause -> parts.listener().inconclusive(service, cause));
      return;
    }
    failures = problem.isPresent() ? failures + 1 : 0;
    problem.ifPresent(cause -> parts.listener().failed(service, cause));
    boolean isEnough = !isChecked || failures >= request.check().failures();
    isChecked = true;
    if (problem.isPresent() == isHealthy && (problem.isEmpty() || isEnough)) {
      isHealthy = problem.isEmpty();
      parts.listener().changed(service, problem);
    }
  }

  /** Ends the checks; does not block. */
  @Override
  public void close() {
    cancellation.cancel();
  }
}
