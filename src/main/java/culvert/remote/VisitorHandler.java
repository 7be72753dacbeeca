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
import culvert.session.RelayReport;
import culvert.session.Visitor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/**
 * Handles a visitor in its own thread: limits, PROXY header, a stream on a session, the relay, one
 * log line.
 */
final class VisitorHandler implements AutoCloseable {

  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(3);

  private final RemoteSettings settings;
  private final Deadlines deadlines;
  private final Counters counters;
  private final Log log;
  private final LimitedLog<SourcePrefix> lines;
  private final Semaphore slots;
  private final OpenSet<Connection> visitors = new OpenSet<>();

  /** Those among {@link #visitors} that have no stream yet. */
  private final OpenSet<Connection> admissions = new OpenSet<>();

  /** Set before the first listener starts. */
  private ServiceTable services;

  VisitorHandler(RemoteSettings settings, Deadlines deadlines, Counters counters, Log log) {
    this.settings = settings;
    this.deadlines = deadlines;
    this.counters = counters;
    this.log = log;
    this.slots = new Semaphore(settings.connectionLimits().visitors());
    this.lines = new LimitedLog<>(log, counters, 1, settings.timeouts().logPeriod());
  }

  /** Sets the sessions that visitors are sent to. */
  void setServices(ServiceTable table) {
    this.services = table;
  }

  /** Opens a visitor's stream. */
  @FunctionalInterface
  interface Opener {
    /**
     * Opens the stream; does not block.
     *
     * @throws IOException if no session can carry it
     */
    PendingStream open(Visitor visitor) throws IOException;
  }

  /** Returns the handler of the public address of a service in the table. */
  Listener.Handler forService(String service) {
    return forService(service, visitor -> services.open(visitor));
  }

  /** Returns the handler of a public address whose visitors one session serves. */
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
              event("visitors not accepted")
                  .with("service", service)
                  .with("cause", cause.getMessage())
                  .with("pause", Durations.of(pause)));
        }
      }
    };
  }

  private void admit(SocketConnection visitor, String service, Opener opener) {
    counters.count(Counter.VISITORS);
    if (!slots.tryAcquire()) {
      counters.count(Counter.VISITORS_OVER_LIMIT);
      reject(
          visitor,
          service,
          "the limit of " + settings.connectionLimits().visitors() + " visitors is reached");
      return;
    }
    try {
      visitor.resetOnDeath();
      if (visitors.add(visitor) && admissions.add(visitor)) {
        serve(visitor, service, opener, System.nanoTime());
      }
    } catch (IOException e) {
      // The visitor disconnected first.
    } catch (RuntimeException | Error e) {
      log.bug("internal error on visitor connection", e);
    } finally {
      visitor.reset();
      admissions.remove(visitor);
      visitors.remove(visitor);
      slots.release();
    }
  }

  private void serve(SocketConnection connection, String service, Opener opener, long since) {
    InetSocketAddress address;
    try {
      address = addressOf(connection);
    } catch (IOException e) {
      counters.count(Counter.BAD_PROXY_HEADERS);
      reject(connection, service, e.getMessage());
      return;
    }
    var visitor = new Visitor(service, address, connection.local());
    PendingStream opened;
    try {
      opened = opener.open(visitor);
      admissions.remove(connection);
    } catch (IOException e) {
      counters.count(Counter.VISITORS_UNSERVED);
      reject(connection, service, e.getMessage());
      return;
    }
    relay(connection, visitor, opened, since);
  }

  private InetSocketAddress addressOf(SocketConnection connection) throws IOException {
    var network = connection.peer().getAddress();
    if (settings.proxyHeaderFrom().stream().noneMatch(cidr -> cidr.contains(network))) {
      return connection.peer();
    }
    var deadline = deadlines.after(settings.timeouts().handshake(), connection::reset);
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
        report(relay.finish(), connection, visitor, stream, since);
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
    var relay = new Relay(name, visitor, stream, deadlines, settings.timeouts().halfClose());
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

  private void reject(SocketConnection connection, String service, String cause) {
    connection.reset();
    lines.warn(
        SourcePrefix.of(connection.peer().getAddress()),
        event("visitor reset")
            .with("visitor", HostPort.of(connection.peer()))
            .with("service", service)
            .with("cause", cause));
  }

  private void report(
      Relay.Outcome outcome,
      Connection connection,
      Visitor visitor,
      Connection stream,
      long since) {
    CloseCause ofStream = stream.closeCause().orElse(CloseCause.RESET);
    new RelayReport(
            visitor,
            stream.sent(),
            connection.sent(),
            Duration.ofNanos(System.nanoTime() - since),
            RelayEndReason.atRemote(outcome, ofStream))
        .write(counters, log);
  }

  /** Returns how many visitors are connected now. */
  int count() {
    return visitors.size();
  }

  /** Waits until every accepted visitor has a stream or was reset. */
  void awaitAdmitted(Duration limit) {
    admissions.awaitEmpty(limit);
  }

  /** Waits until the last visitor has disconnected; returns false if the limit passes first. */
  boolean awaitEmpty(Duration limit) {
    return visitors.awaitEmpty(limit);
  }

  /** Resets every visitor and rejects later ones. */
  @Override
  public void close() {
    visitors.closeAll(Connection::reset);
    visitors.awaitEmpty(CLOSE_LIMIT);
  }
}
