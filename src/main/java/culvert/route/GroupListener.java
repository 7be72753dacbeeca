package culvert.route;

import culvert.net.Backoff;
import culvert.net.CancellablePause;
import culvert.net.Cancellation;
import culvert.net.Connection;
import culvert.net.ReplayedConnection;
import culvert.protocol.PeerRefusedException;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Accepts connections from a channel group: joins it, waits without sending until another member
 * sends a byte, passes the connection to the {@link Handler}, and joins again when the handler
 * returns. The wait may take hours.
 *
 * <p>Handles one visitor after the other. That requires a bounce server that closes both
 * connections of a pair together (close-with-peer); otherwise the bytes of a second visitor would
 * arrive in the middle of those of the first.
 */
public final class GroupListener {

  /** Handles the events of a listener. Every method is called by the thread of {@link #run}. */
  public interface Handler {
    /** Called when the listener has joined the group and no other member has sent a byte yet. */
    void joined();

    /**
     * Serves another member, which has sent its first byte. The listener closes the connection when
     * this returns.
     *
     * @param connection input starts with that first byte
     * @return whether the visitor was served; if not, the listener pauses before it joins again
     */
    boolean handleVisitor(Connection connection);

    /**
     * Called when joining the group failed. Not called for the first failure right after a
     * membership, when the bounce server may not have freed its place yet.
     *
     * @param pause time until the next attempt
     */
    void joinFailed(IOException cause, Duration pause);
  }

  private static final Duration MAX_OUTAGE_PAUSE = Duration.ofSeconds(30);

  /** Slows down visitors that repeatedly connect without being served. */
  private static final Duration MAX_VISITOR_PAUSE = Duration.ofSeconds(1);

  private final Route route;
  private final Handler handler;
  private final LongSupplier nanoTime;
  private final Backoff outages = new Backoff(MAX_OUTAGE_PAUSE, ThreadLocalRandom.current());
  private final Backoff unserved = new Backoff(MAX_VISITOR_PAUSE, ThreadLocalRandom.current());
  private final CancellablePause pause = new CancellablePause();

  /** Held to change the two fields below. */
  private final ReentrantLock lock = new ReentrantLock();

  private volatile boolean isEnded;

  /** Whether {@link #run} returns or has returned; guarded by the lock. */
  private boolean isOver;

  /** Ends joining the group, or waiting in it for the first byte; replaced for each attempt. */
  private volatile Cancellation wait = new Cancellation();

  /** Whether the previous attempt joined the group. Used by the thread of {@link #run} only. */
  private boolean wasJoined;

  /**
   * Creates a listener that does nothing until {@link #run}.
   *
   * @param route into the group
   */
  public GroupListener(Route route, Handler handler) {
    this(route, handler, System::nanoTime);
  }

  /** Creates a listener that reads the time from {@code nanoTime}. */
  GroupListener(Route route, Handler handler, LongSupplier nanoTime) {
    this.route = route;
    this.handler = handler;
    this.nanoTime = nanoTime;
  }

  /** Joins the group repeatedly until {@link #end} is called. */
  public void run() {
    while (!isOver()) {
      pause(serveOne());
    }
  }

  private boolean isOver() {
    lock.lock();
    try {
      isOver = isEnded;
      return isOver;
    } finally {
      lock.unlock();
    }
  }

  /** Joins the group once, serves at most one visitor, and returns the pause before the next. */
  private Duration serveOne() {
    Connection connection;
    try {
      connection = route.connect(newWait());
    } catch (IOException e) {
      return failed(e);
    }
    try {
      boolean served = awaitVisitor(connection);
      outages.reset();
      wasJoined = true;
      return served ? Duration.ZERO : unserved.nextPause(nanoTime.getAsLong(), Duration.ZERO);
    } catch (IOException e) {
      return failed(e);
    } finally {
      connection.close();
    }
  }

  private Duration failed(IOException cause) {
    Duration pause =
        cause instanceof PeerRefusedException
            ? outages.longPause()
            : outages.nextPause(nanoTime.getAsLong(), Duration.ZERO);
    if (!wasJoined && !isEnded) {
      handler.joinFailed(cause, pause);
    }
    wasJoined = false;
    return pause;
  }

  /**
   * Waits for a visitor and handles it; returns whether it was served.
   *
   * @throws IOException if the first bytes received are a refusal by the bounce server
   */
  private boolean awaitVisitor(Connection connection) throws IOException {
    handler.joined();
    Optional<ReplayedConnection> visitor;
    try {
      visitor = ReplayedConnection.await(connection);
    } catch (IOException e) {
      // The bounce server, or the other member of the group, disconnected.
      return false;
    } finally {
      wait.onCancel(() -> {});
    }
    if (visitor.isEmpty() || isEnded) {
      return false;
    }
    route.checkFirstBytes(visitor.get().first());
    return handler.handleVisitor(visitor.get());
  }

  private Cancellation newWait() {
    var next = new Cancellation();
    wait = next;
    if (isEnded) {
      next.cancel();
    }
    return next;
  }

  private void pause(Duration length) {
    pause.prepare();
    if (!isEnded && !pause.await(length)) {
      setEnded();
    }
  }

  /** Ends a pause before the next attempt. */
  public void tryNow() {
    pause.end();
  }

  /** Stops joining, and leaves the group at once unless a visitor is being served. Never blocks. */
  public void end() {
    setEnded();
    pause.end();
    wait.cancel();
  }

  private void setEnded() {
    lock.lock();
    try {
      isEnded = true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Undoes {@link #end}, unless {@link #run} returns already; returns whether the listener joins
   * the group from now on. Never blocks.
   */
  public boolean resume() {
    lock.lock();
    try {
      isEnded = isOver;
      return !isOver;
    } finally {
      lock.unlock();
    }
  }
}
