package culvert.remote;

import static culvert.observe.LogEvent.event;

import culvert.config.RemoteSettings;
import culvert.net.CloseCause;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.Durations;
import culvert.net.HostPort;
import culvert.net.Listener;
import culvert.net.OpenSet;
import culvert.net.ProxyHeader;
import culvert.net.Relay;
import culvert.net.SocketConnection;
import culvert.net.SourcePrefix;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.observe.LimitedLog;
import culvert.observe.Log;
import culvert.session.PendingStream;
import culvert.session.RelayEndReason;
import culvert.session.Visitor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/** A visitor's way, in its own thread: limits, PROXY header, a session, the relay, one log line. */
final class VisitorHandler implements AutoCloseable {

  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(3);

  private final RemoteSettings settings;
  private final Deadlines deadlines;
  private final Counters counters;
  private final Log log;
  private final LimitedLog<SourcePrefix> lines;
  private final Semaphore places;
  private final OpenSet<Connection> visitors = new OpenSet<>();

  /** Those of them that have no stream yet. */
  private final OpenSet<Connection> admissions = new OpenSet<>();

  private ServiceTable services;

  VisitorHandler(RemoteSettings settings, Deadlines deadlines, Counters counters, Log log) {
    this.settings = settings;
    this.deadlines = deadlines;
    this.counters = counters;
    this.log = log;
    this.places = new Semaphore(settings.admission().visitors());
    this.lines = new LimitedLog<>(log, counters, 1, settings.timing().logPeriod());
  }

  void serveFrom(ServiceTable table) {
    this.services = table;
  }

  /** How a visitor's stream begins. */
  @FunctionalInterface
  interface Opener {
    /**
     * Begins it, and does not wait.
     *
     * @throws IOException telling why it cannot
     */
    PendingStream open(Visitor visitor) throws IOException;
  }

  /** The handler of one outside address whose service the table knows. */
  Listener.Handler forService(String service) {
    return forService(service, visitor -> services.open(visitor));
  }

  /** The same for a service that is opened in a way of its own. */
  Listener.Handler forService(String service, Opener opener) {
    return new Listener.Handler() {
      @Override
      public void handle(SocketConnection visitor) {
        admit(visitor, service, opener);
      }

      @Override
      public void acceptFailed(IOException cause, Duration pause, boolean first) {
        counters.count(Counter.ACCEPT_FAILURES);
        if (first) {
          log.warn(
              event("cannot accept visitors for a moment")
                  .with("service", service)
                  .with("cause", cause.getMessage())
                  .with("pause", Durations.of(pause)));
        }
      }
    };
  }

  private void admit(SocketConnection visitor, String service, Opener opener) {
    counters.count(Counter.VISITORS);
    if (!places.tryAcquire()) {
      counters.count(Counter.VISITORS_OVER_LIMIT);
      visitor.reset();
      limited(visitor, service, "all " + settings.admission().visitors() + " visitors are there");
      return;
    }
    try {
      visitor.resetOnDeath();
      if (visitors.add(visitor) && admissions.add(visitor)) {
        serve(visitor, service, opener, System.nanoTime());
      }
    } catch (IOException e) {
      // Gone before it was there: its own affair.
    } catch (RuntimeException | Error e) {
      log.bug("a visitor met a bug", e);
    } finally {
      visitor.reset();
      admissions.remove(visitor);
      visitors.remove(visitor);
      places.release();
    }
  }

  private void serve(SocketConnection connection, String service, Opener opener, long since) {
    InetSocketAddress address;
    try {
      address = addressOf(connection);
    } catch (IOException e) {
      counters.count(Counter.BAD_PROXY_HEADERS);
      limited(connection, service, e.getMessage());
      return;
    }
    var visitor = new Visitor(service, address, connection.local());
    PendingStream opened;
    try {
      opened = opener.open(visitor);
      admissions.remove(connection);
    } catch (IOException e) {
      counters.count(Counter.VISITORS_UNSERVED);
      limited(connection, service, e.getMessage());
      return;
    }
    relay(connection, visitor, opened, since);
  }

  private InetSocketAddress addressOf(SocketConnection connection) throws IOException {
    var network = connection.peer().getAddress();
    if (settings.proxyHeaderFrom().stream().noneMatch(cidr -> cidr.contains(network))) {
      return connection.peer();
    }
    var deadline = deadlines.after(settings.timing().handshake(), connection::reset);
    try {
      return ProxyHeader.read(connection.input()).orElse(connection.peer());
    } finally {
      deadline.cancel();
    }
  }

  private void relay(
      SocketConnection connection, Visitor visitor, PendingStream opened, long since) {
    String name = visitor.name() + " " + visitor.service();
    Optional<Relay> early = opened.early().map(stream -> startRelay(name, connection, stream));
    long spent = System.nanoTime() - since;
    switch (opened.await(settings.openTimeout().minusNanos(spent))) {
      case PendingStream.Outcome.Accepted accepted -> {
        Connection stream = accepted.connection();
        Relay relay = early.orElseGet(() -> startRelay(name, connection, stream));
        ended(relay.finish(), connection, visitor, stream, since);
      }
      case PendingStream.Outcome.Refused refused -> {
        early.ifPresent(Relay::abort);
        failed(connection, visitor, "refused", refused.why());
      }
      case PendingStream.Outcome.TimedOut timedOut -> {
        early.ifPresent(Relay::abort);
        String limit = Durations.of(settings.openTimeout());
        failed(connection, visitor, "open-timeout", "no connection within " + limit);
      }
    }
  }

  private Relay startRelay(String name, Connection visitor, Connection stream) {
    var relay = new Relay(name, visitor, stream, deadlines, settings.timing().halfClose());
    relay.startForward();
    return relay;
  }

  private void failed(Connection connection, Visitor visitor, String reason, String cause) {
    counters.count(Counter.OPENS_FAILED);
    lines.warn(
        SourcePrefix.of(visitor.address().getAddress()),
        event("visitor reset")
            .with("visitor", visitor.name())
            .with("service", visitor.service())
            .with("reason", reason)
            .with("cause", cause));
    connection.reset();
  }

  private void limited(SocketConnection connection, String service, String cause) {
    connection.reset();
    lines.warn(
        SourcePrefix.of(connection.peer().getAddress()),
        event("visitor reset")
            .with("visitor", HostPort.of(connection.peer()))
            .with("service", service)
            .with("cause", cause));
  }

  private void ended(
      Relay.Outcome ending, Connection connection, Visitor visitor, Connection stream, long since) {
    boolean done = ending == Relay.Outcome.COMPLETED;
    counters.count(done ? Counter.RELAYS_DONE : Counter.RELAYS_BROKEN);
    log.info(
        event("relay ended")
            .with("visitor", visitor.name())
            .with("service", visitor.service())
            .with("in", stream.sent())
            .with("out", connection.sent())
            .with("ms", (System.nanoTime() - since) / 1_000_000)
            .with(
                "reason",
                RelayEndReason.atRemote(ending, stream.closeCause().orElse(CloseCause.RESET))));
  }

  /** How many visitors are there now. */
  int count() {
    return visitors.size();
  }

  /** Waits until every visitor that was accepted has a stream, or none. */
  void awaitAdmitted(Duration limit) {
    admissions.awaitEmpty(limit);
  }

  /** Waits until the last visitor has gone; returns false if that takes longer than the limit. */
  boolean awaitGone(Duration limit) {
    return visitors.awaitEmpty(limit);
  }

  /** Resets every visitor. */
  @Override
  public void close() {
    visitors.closeAll(Connection::reset);
    visitors.awaitEmpty(CLOSE_LIMIT);
  }
}
