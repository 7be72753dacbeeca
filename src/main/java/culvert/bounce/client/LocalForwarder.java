package culvert.bounce.client;

import static culvert.observe.LogEvent.event;

import culvert.net.Backoff;
import culvert.net.Connection;
import culvert.net.Durations;
import culvert.net.HostPort;
import culvert.net.Listener;
import culvert.net.Relay;
import culvert.net.SocketConnection;
import culvert.net.SourcePrefix;
import culvert.observe.Counters;
import culvert.observe.LimitedLog;
import culvert.observe.Log;
import culvert.protocol.PeerRefusedException;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * Forwards connections from a local address into a group. Each connection joins the group anew, and
 * only one at a time, since every member of a group receives the data of all others. The next
 * connection waits for its turn up to the connect timeout and is then reset.
 */
public final class LocalForwarder implements Listener.Handler<SocketConnection>, AutoCloseable {

  /** Maximum number of connections, waiting or forwarded; further ones are reset at once. */
  private static final int MAX_CONNECTIONS = 64;

  /** Lines about the connections of one source in a period. */
  private static final int MAX_LINES_PER_SOURCE = 100;

  private static final Duration LOG_PERIOD = Duration.ofSeconds(10);

  private final BounceClient client;
  private final Log log;
  private final LimitedLog<SourcePrefix> lines;
  private final Listener listener;
  private final Semaphore slots = new Semaphore(MAX_CONNECTIONS);
  private final Semaphore turn = new Semaphore(1, true);
  private final CountDownLatch closed = new CountDownLatch(1);

  private LocalForwarder(BounceClient client, HostPort where, Log log) throws IOException {
    this.client = client;
    this.log = log;
    this.lines = new LimitedLog<>(log, new Counters(), MAX_LINES_PER_SOURCE, LOG_PERIOD);
    this.listener = Listener.bind(where, "local", client.pool(), this);
  }

  /**
   * Binds the address and starts accepting.
   *
   * @throws IOException if the address cannot be bound; the message names it
   */
  public static LocalForwarder open(BounceClient client, HostPort where, Log log)
      throws IOException {
    var forwarder = new LocalForwarder(client, where, log);
    forwarder.listener.start();
    return forwarder;
  }

  /** Returns the address that was bound. */
  public HostPort address() {
    return HostPort.of(listener.address());
  }

  @Override
  public void acceptFailed(IOException cause, Duration pause, boolean first) {
    if (first) {
      log.warn(event("accept failed").with("cause", cause.getMessage()));
    }
  }

  @Override
  public void handle(SocketConnection connection) {
    if (!slots.tryAcquire()) {
      connection.reset();
      return;
    }
    try {
      Duration limit = client.settings().connectTimeout();
      long until = System.nanoTime() + limit.toNanos();
      if (!turn.tryAcquire(limit.toNanos(), TimeUnit.NANOSECONDS)) {
        refuse(connection, "another connection occupied the group");
        return;
      }
      try {
        forward(connection, until);
      } finally {
        turn.release();
      }
    } catch (InterruptedException e) {
      connection.reset();
      Thread.currentThread().interrupt();
    } catch (RuntimeException | Error e) {
      connection.reset();
      log.bug("internal error while forwarding a connection", e);
    } finally {
      slots.release();
    }
  }

  private void forward(SocketConnection local, long until) throws InterruptedException {
    Connection group;
    try {
      group = join(until);
    } catch (IOException e) {
      refuse(local, e.getMessage());
      return;
    }
    Relay.Outcome outcome =
        client.relay(HostPort.of(local.peer()) + " > " + client.settings().group(), local, group);
    lines.report(
        SourcePrefix.of(local.peer().getAddress()),
        event("connection ended")
            .with("peer", HostPort.of(local.peer()))
            .with("in", local.received())
            .with("out", local.sent())
            .with("reason", outcome.name().toLowerCase(Locale.ROOT).replace('_', '-')));
  }

  /** Joins the group, with retries because the previous connection may not have left it yet. */
  private Connection join(long until) throws IOException, InterruptedException {
    var backoff = new Backoff(Duration.ofSeconds(1), ThreadLocalRandom.current());
    for (; ; ) {
      try {
        return client.join();
      } catch (PeerRefusedException e) {
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
    lines.warn(
        SourcePrefix.of(local.peer().getAddress()),
        event("connection reset")
            .with("peer", HostPort.of(local.peer()))
            .with("cause", cause)
            .with("limit", Durations.of(client.settings().connectTimeout())));
  }

  /** Stops accepting. Closing the client ends the connections in progress. */
  @Override
  public void close() {
    closed.countDown();
    listener.close();
  }
}
