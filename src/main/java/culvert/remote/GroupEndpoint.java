package culvert.remote;

import static culvert.observe.LogEvent.event;

import culvert.config.GroupAddress;
import culvert.net.Connection;
import culvert.net.Durations;
import culvert.net.Threads;
import culvert.observe.Counters;
import culvert.observe.Log;
import culvert.observe.OutageLog;
import culvert.route.GroupListener;
import culvert.route.Route;
import java.io.IOException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Keeps the remote proxy in a channel group, where one origin proxy may meet it: with the first
 * bytes that come, the connection is one at the control address.
 */
final class GroupEndpoint implements GroupListener.Handler, AutoCloseable {

  /** What stood for less came to nothing. */
  private static final Duration NOTEWORTHY = Duration.ofSeconds(1);

  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);

  private final GroupAddress group;
  private final GroupListener stay;
  private final ControlHandler control;
  private final Log log;
  private final OutageLog outages;
  private final CountDownLatch over = new CountDownLatch(1);
  private volatile boolean started;

  /**
   * Joins nothing before {@link #start}.
   *
   * @param route into the group
   * @param control what becomes of whoever comes
   */
  GroupEndpoint(
      GroupAddress group, Route route, ControlHandler control, Counters counters, Log log) {
    this.group = group;
    this.stay = new GroupListener(route, this);
    this.control = control;
    this.log = log;
    this.outages = new OutageLog(log, counters);
  }

  /** Begins to join. */
  void start() {
    started = true;
    Threads.start("rendezvous " + group, this::run);
  }

  private void run() {
    try {
      stay.run();
    } catch (RuntimeException | Error e) {
      log.bug("a rendezvous met a bug", e);
    } finally {
      over.countDown();
    }
  }

  @Override
  public void joined() {
    if (outages.restored()) {
      log.info(event("waiting for an origin proxy").with("meeting", group));
    }
  }

  @Override
  public boolean handleVisitor(Connection connection) {
    long began = System.nanoTime();
    control.serve(connection);
    return System.nanoTime() - began >= NOTEWORTHY.toNanos();
  }

  @Override
  public void joinFailed(IOException cause, Duration again) {
    outages.failed(
        cause.getMessage(),
        event("cannot wait for an origin proxy")
            .with("meeting", group)
            .with("cause", cause.getMessage())
            .with("again_in", Durations.of(again.truncatedTo(ChronoUnit.MILLIS))));
  }

  /** Joins no more, and leaves unless somebody has come. Does not wait. */
  void end() {
    stay.end();
  }

  /** The same, and waits until who has come is gone. */
  @Override
  public void close() {
    end();
    try {
      if (started) {
        over.await(CLOSE_LIMIT.toNanos(), TimeUnit.NANOSECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
