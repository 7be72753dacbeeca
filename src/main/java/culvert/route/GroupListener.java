package culvert.route;

import culvert.net.Backoff;
import culvert.net.Cancellation;
import culvert.net.Connection;
import culvert.net.ReplayedConnection;
import culvert.protocol.RefusedException;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Stays in a channel group: joins it, is silent there until somebody else says something, for hours
 * if need be, hands the connection over, and joins anew when that is over.
 *
 * <p>It serves one after the other only where the bounce server ends both connections of a pair
 * that was (close-with-peer): else a second visitor would come in the middle of the first one's
 * bytes.
 */
public final class GroupListener {

  /** Who stays in the group. All is called by the thread of {@link #run}. */
  public interface Handler {
    /** It is in the group, and nobody has come yet. */
    void joined();

    /**
     * Somebody has come. Returns when that is over; the connection is closed then.
     *
     * @param connection begins with the first byte that came
     * @return whether it came to something; else there is a pause before the next time
     */
    boolean handleVisitor(Connection connection);

    /**
     * The group cannot be joined. It is not told of a first failure right behind a stay, since the
     * place may not be free yet in that moment.
     *
     * @param again after which time it tries again
     */
    void joinFailed(IOException cause, Duration again);
  }

  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

  /** So that whoever comes to nothing again and again is not served at once. */
  private static final Duration SHORT_PAUSE = Duration.ofSeconds(1);

  private final Route route;
  private final Handler host;
  private final LongSupplier nanoTime;
  private final Backoff outages = new Backoff(LONGEST_PAUSE, ThreadLocalRandom.current());
  private final Backoff visits = new Backoff(SHORT_PAUSE, ThreadLocalRandom.current());
  private final CountDownLatch ended = new CountDownLatch(1);

  /** Ends joining the group, or waiting in it for the first byte; replaced for each stay. */
  private volatile Cancellation wait = new Cancellation();

  /** It was in the group before this attempt; not if the one before failed. */
  private boolean justLeft;

  /**
   * Does nothing before {@link #run}.
   *
   * @param route into the group
   */
  public GroupListener(Route route, Handler host) {
    this(route, host, System::nanoTime);
  }

  /** The same by another clock. */
  GroupListener(Route route, Handler host, LongSupplier nanoTime) {
    this.route = route;
    this.host = host;
    this.nanoTime = nanoTime;
  }

  /** Joins again and again, until {@link #end}. */
  public void run() {
    while (!isEnded()) {
      pause(next());
    }
  }

  /** Once in the group and out again; returns how long to wait before the next time. */
  private Duration next() {
    Connection connection;
    try {
      connection = route.connect(newWait());
    } catch (IOException e) {
      return failed(e);
    }
    try {
      boolean met = stay(connection);
      outages.reset();
      justLeft = true;
      return met ? Duration.ZERO : visits.nextPause(nanoTime.getAsLong(), Duration.ZERO);
    } catch (IOException e) {
      return failed(e);
    } finally {
      connection.close();
    }
  }

  private Duration failed(IOException cause) {
    Duration pause =
        cause instanceof RefusedException
            ? outages.longPause()
            : outages.nextPause(nanoTime.getAsLong(), Duration.ZERO);
    if (!justLeft && !isEnded()) {
      host.joinFailed(cause, pause);
    }
    justLeft = false;
    return pause;
  }

  /**
   * Waits for a visit; returns whether it came to something.
   *
   * @throws IOException if it was not in the group at all
   */
  private boolean stay(Connection connection) throws IOException {
    host.joined();
    Optional<ReplayedConnection> visited;
    try {
      visited = ReplayedConnection.await(connection);
    } catch (IOException e) {
      // The bounce server is gone, or whoever else was in the group.
      return false;
    } finally {
      wait.onCancel(() -> {});
    }
    if (visited.isEmpty() || isEnded()) {
      return false;
    }
    route.checkFirstBytes(visited.get().first());
    return host.handleVisitor(visited.get());
  }

  private Cancellation newWait() {
    var next = new Cancellation();
    wait = next;
    if (isEnded()) {
      next.cancel();
    }
    return next;
  }

  private boolean isEnded() {
    return ended.getCount() == 0;
  }

  private void pause(Duration pause) {
    try {
      ended.await(pause.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      ended.countDown();
    }
  }

  /** Joins no more, and leaves at once unless somebody has come. Does not wait. */
  public void end() {
    ended.countDown();
    wait.cancel();
  }
}
