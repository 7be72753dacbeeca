package culvert.remote;

import static culvert.observe.LogEvent.event;

import culvert.config.BounceCredentials;
import culvert.config.GroupAddress;
import culvert.net.Connection;
import culvert.net.Durations;
import culvert.net.Threads;
import culvert.observe.Counters;
import culvert.observe.Log;
import culvert.observe.OutageLog;
import culvert.route.GroupConnector;
import culvert.route.GroupListener;
import culvert.route.Route;
import java.io.IOException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Keeps the remote proxy in a channel group, where one origin proxy at a time can reach it. From
 * the first byte on, the connection is handled as one at the control address.
 */
final class GroupEndpoint implements GroupListener.Handler, AutoCloseable {

  /** A visit that lasted for less time counts as failed. */
  private static final Duration MIN_VISIT = Duration.ofSeconds(1);

  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);

  private final GroupConnector connector;
  private final GroupListener listener;
  private final ControlHandler control;
  private final Log log;
  private final OutageLog outages;
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile boolean isStarted;
  private volatile boolean isEnding;

  /**
   * Creates an endpoint that does nothing before {@link #start}.
   *
   * @param connector joins the group
   * @param route into the group
   * @param control handles the connections of origin proxies
   */
  GroupEndpoint(
      GroupConnector connector, Route route, ControlHandler control, Counters counters, Log log) {
    this.connector = connector;
    this.listener = new GroupListener(route, this);
    this.control = control;
    this.log = log;
    this.outages = new OutageLog(log, counters);
  }

  /** Starts to join the group, in a thread of its own. */
  void start() {
    isStarted = true;
    Threads.start("group " + address(), this::run);
  }

  private void run() {
    try {
      listener.run();
    } catch (RuntimeException | Error e) {
      log.bug("internal error in channel group", e);
    } finally {
      ended.countDown();
    }
  }

  @Override
  public void joined() {
    if (outages.restored()) {
      log.info(event("group joined").with("meeting", address()));
    }
  }

  @Override
  public boolean handleVisitor(Connection connection) {
    long began = System.nanoTime();
    control.serve(connection, ControlHandler.Gate.OPEN);
    return System.nanoTime() - began >= MIN_VISIT.toNanos();
  }

  @Override
  public void joinFailed(IOException cause, Duration again) {
    outages.failed(
        cause.getMessage(),
        event("group not joined")
            .with("meeting", address())
            .with("cause", cause.getMessage())
            .with("again_in", Durations.of(again.truncatedTo(ChronoUnit.MILLIS))));
  }

  /** Returns the group. */
  GroupAddress address() {
    return connector.group();
  }

  /** Returns whether it joins this group again and again. */
  boolean isJoining(GroupAddress group) {
    return address().equals(group) && !isEnding;
  }

  /**
   * Joins the group again and again after {@link #end}, if it is the given one and this endpoint
   * has not left it; returns whether it does.
   */
  boolean continues(GroupAddress group) {
    if (!address().equals(group) || !listener.resume()) {
      return false;
    }
    isEnding = false;
    return true;
  }

  /** Returns whether it has left the group for good. */
  boolean hasEnded() {
    return isEnding && ended.getCount() == 0;
  }

  /** Prepares the use of other credentials; see {@link GroupConnector#prepareReload}. */
  Runnable prepareReload(BounceCredentials changed) {
    return connector.prepareReload(changed);
  }

  /** Ends a pause before the next attempt to join. */
  void tryNow() {
    listener.tryNow();
  }

  /**
   * Leaves the group, unless an origin proxy is connected, and does not join again. Does not block.
   */
  void end() {
    isEnding = true;
    listener.end();
  }

  /** Calls {@link #end} and waits until a connected origin proxy is gone. */
  @Override
  public void close() {
    end();
    try {
      if (isStarted) {
        ended.await(CLOSE_LIMIT.toNanos(), TimeUnit.NANOSECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
