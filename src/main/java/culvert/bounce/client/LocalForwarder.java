package culvert.bounce.client;

import static culvert.observe.LogEvent.event;

import culvert.net.Backoff;
import culvert.net.Connection;
import culvert.net.Durations;
import culvert.net.HostPort;
import culvert.net.Listener;
import culvert.net.Relay;
import culvert.net.SocketConnection;
import culvert.observe.Log;
import culvert.protocol.RefusedException;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * A local address that leads into a group. Each connection joins it afresh, one at a time, since
 * all in a group hear each other: the next one waits its turn for as long as a connection may take,
 * and is reset then.
 */
public final class LocalForwarder implements Listener.Handler, AutoCloseable {

  /** Beyond these a connection is reset at once. */
  private static final int MAX_WAITING = 64;

  private final BounceClient client;
  private final Log log;
  private final Listener listener;
  private final Semaphore places = new Semaphore(MAX_WAITING);
  private final Semaphore turn = new Semaphore(1, true);
  private final CountDownLatch closed = new CountDownLatch(1);

  private LocalForwarder(BounceClient client, HostPort where, Log log) throws IOException {
    this.client = client;
    this.log = log;
    this.listener = Listener.bind(where, "entrance", client.pool(), this);
  }

  /**
   * Listens from now on.
   *
   * @throws IOException naming the address, if it cannot be bound
   */
  public static LocalForwarder open(BounceClient client, HostPort where, Log log)
      throws IOException {
    var entrance = new LocalForwarder(client, where, log);
    entrance.listener.start();
    return entrance;
  }

  /** The bound address. */
  public HostPort address() {
    return HostPort.of(listener.address());
  }

  @Override
  public void acceptFailed(IOException cause, Duration pause, boolean first) {
    if (first) {
      log.warn(event("cannot accept for a moment").with("cause", cause.getMessage()));
    }
  }

  @Override
  public void handle(SocketConnection connection) {
    if (!places.tryAcquire()) {
      connection.reset();
      return;
    }
    try {
      Duration limit = client.settings().connectTimeout();
      long until = System.nanoTime() + limit.toNanos();
      if (!turn.tryAcquire(limit.toNanos(), TimeUnit.NANOSECONDS)) {
        refuse(connection, "another one was in the group all the time");
        return;
      }
      try {
        enter(connection, until);
      } finally {
        turn.release();
      }
    } catch (InterruptedException e) {
      connection.reset();
      Thread.currentThread().interrupt();
    } catch (RuntimeException | Error e) {
      connection.reset();
      log.bug("a connection met a bug", e);
    } finally {
      places.release();
    }
  }

  private void enter(SocketConnection local, long until) throws InterruptedException {
    Connection group;
    try {
      group = join(until);
    } catch (IOException e) {
      refuse(local, e.getMessage());
      return;
    }
    Relay.Outcome ending =
        client.relay(HostPort.of(local.peer()) + " > " + client.settings().group(), local, group);
    log.info(
        event("connection ended")
            .with("peer", HostPort.of(local.peer()))
            .with("in", local.received())
            .with("out", local.sent())
            .with("reason", ending.name().toLowerCase(Locale.ROOT).replace('_', '-')));
  }

  /** The place of the one before may not be free yet, so a first failure is not the last word. */
  private Connection join(long until) throws IOException, InterruptedException {
    var backoff = new Backoff(Duration.ofSeconds(1), ThreadLocalRandom.current());
    for (; ; ) {
      try {
        return client.join();
      } catch (RefusedException e) {
        throw e;
      } catch (IOException e) {
        Duration pause = backoff.nextPause(System.nanoTime(), Duration.ZERO);
        long left = until - System.nanoTime() - pause.toNanos();
        if (left <= 0 || closed.await(pause.toNanos(), TimeUnit.NANOSECONDS)) {
          throw e;
        }
      }
    }
  }

  private void refuse(SocketConnection local, String cause) {
    local.reset();
    log.warn(
        event("connection reset")
            .with("peer", HostPort.of(local.peer()))
            .with("cause", cause)
            .with("limit", Durations.of(client.settings().connectTimeout())));
  }

  /** Listens no more; what is there is ended by closing the client. */
  @Override
  public void close() {
    closed.countDown();
    listener.close();
  }
}
