package culvert.remote;

import static culvert.observe.LogEvent.event;

import culvert.config.RemoteSettings;
import culvert.net.BufferPool;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.Durations;
import culvert.net.HostPort;
import culvert.net.Listener;
import culvert.net.OpenSet;
import culvert.net.ProxyHeader;
import culvert.net.ReservedPlaces;
import culvert.net.SocketConnection;
import culvert.net.SourcePrefix;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.observe.LimitedLog;
import culvert.observe.Log;
import culvert.remote.VisitorResets.Reason;
import culvert.session.PendingOpens;
import culvert.session.PendingStream;
import culvert.session.Visitor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;

/**
 * Admits visitors, each in its own thread: limits, PROXY header, and a stream on a session; {@link
 * VisitorStreams} joins the two.
 */
final class VisitorHandler implements AutoCloseable {

  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(3);

  private final RemoteSettings settings;
  private final Deadlines deadlines;
  private final Counters counters;
  private final Log log;
  private final VisitorResets resets;
  private final LimitedLog<String> acceptFailures;
  private final VisitorStreams streams;
  private final VisitorPlaces places;
  private final OpenSet<Connection> visitors = new OpenSet<>();

  /** Those among {@link #visitors} that have no stream yet. */
  private final OpenSet<Connection> admissions = new OpenSet<>();

  /** Set before the first listener starts. */
  private ServiceTable services;

  VisitorHandler(
      RemoteSettings settings, BufferPool pool, Deadlines deadlines, Counters counters, Log log) {
    this.settings = settings;
    this.deadlines = deadlines;
    this.counters = counters;
    this.log = log;
    this.places =
        new VisitorPlaces(
            settings.connectionLimits().visitors(),
            settings.connectionLimits().visitorsPerAddress());
    var lines = new LimitedLog<SourcePrefix>(log, counters, 1, settings.timeouts().logPeriod());
    this.resets = new VisitorResets(counters, lines);
    this.acceptFailures = new LimitedLog<>(log, counters, 1, settings.timeouts().logPeriod());
    this.streams = new VisitorStreams(settings, pool, deadlines, counters, log, lines, resets);
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
    return new PublicAddress(service, visitor -> services.open(visitor), share());
  }

  /**
   * Returns the handler of a public address while one session serves all of its visitors.
   *
   * @param label the name of service and port in the log
   * @param share the places of the public address, whatever session has it
   */
  Listener.Handler forSession(String label, Opener opener, ReservedPlaces.Share share) {
    return new PublicAddress(label, opener, share);
  }

  /** Returns the places of another public address. They are reserved while it is listened at. */
  ReservedPlaces.Share share() {
    return places.share();
  }

  /** The handler of one public address, with its places. */
  private final class PublicAddress implements Listener.Handler {
    private final String service;
    private final Opener opener;
    private final ReservedPlaces.Share share;
    private final PendingOpens pending =
        new PendingOpens(settings.resourceLimits().opensPerService());

    PublicAddress(String service, Opener opener, ReservedPlaces.Share share) {
      this.service = service;
      this.opener = opener;
      this.share = share;
    }

    @Override
    public void started() {
      share.open();
    }

    @Override
    public void ended() {
      share.close();
    }

    @Override
    public void acceptFailed(IOException cause, Duration pause, boolean first) {
      counters.count(Counter.ACCEPT_FAILURES);
      if (first) {
        acceptFailures.warn(
            service,
            event("visitors not accepted")
                .with("service", service)
                .with("cause", cause.getMessage())
                .with("pause", Durations.of(pause)));
      }
    }

    @Override
    public void handle(SocketConnection visitor) {
      counters.count(Counter.VISITORS);
      if (!share.tryAcquire()) {
        reject(visitor, visitor.peer(), service, Reason.OVER_LIMIT, overLimit());
        return;
      }
      try {
        visitor.resetOnDeath();
        if (visitors.add(visitor) && admissions.add(visitor)) {
          serve(visitor, System.nanoTime());
        }
      } catch (IOException e) {
        // The visitor disconnected first.
      } catch (RuntimeException | Error e) {
        log.bug("internal error on visitor connection", e);
      } finally {
        visitor.reset();
        admissions.remove(visitor);
        visitors.remove(visitor);
        share.release();
      }
    }

    private String overLimit() {
      return "the limit of "
          + settings.connectionLimits().visitors()
          + " visitors, or the share of this service, is reached";
    }

    private void serve(SocketConnection connection, long since) {
      InetSocketAddress address;
      try {
        address = addressOf(connection);
      } catch (IOException e) {
        reject(connection, connection.peer(), service, Reason.BAD_PROXY_HEADER, e.getMessage());
        return;
      }
      SourcePrefix source = SourcePrefix.of(address.getAddress());
      if (!places.tryAcquire(source)) {
        int max = settings.connectionLimits().visitorsPerAddress();
        String cause = "the limit of " + max + " visitors from one address is reached";
        reject(connection, address, service, Reason.OVER_LIMIT, cause);
        return;
      }
      try {
        var visitor = new Visitor(service, address, connection.local());
        log.debug(
            event("visitor connected")
                .with("visitor", visitor.name())
                .with("service", service)
                .with("local", HostPort.of(connection.local())));
        open(connection, visitor, since);
      } finally {
        places.release(source);
      }
    }

    private void open(SocketConnection connection, Visitor visitor, long since) {
      if (!pending.tryBegin()) {
        int max = settings.resourceLimits().opensPerService();
        String cause = max + " visitors wait, and the origin server accepts none";
        reject(connection, visitor.address(), service, Reason.BUSY, cause);
        return;
      }
      Optional<VisitorStreams.Joined> joined = Optional.empty();
      try {
        PendingStream opened = opener.open(visitor);
        admissions.remove(connection);
        joined = streams.await(connection, visitor, opened, since);
      } catch (IOException e) {
        reject(connection, visitor.address(), service, Reason.UNSERVED, e.getMessage());
        return;
      } finally {
        pending.end(joined.isPresent());
      }
      joined.ifPresent(VisitorStreams.Joined::relay);
    }
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

  private void reject(
      SocketConnection connection,
      InetSocketAddress visitor,
      String service,
      Reason reason,
      String cause) {
    connection.reset();
    resets.record(visitor, service, reason, cause);
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

  /** Resets every visitor that was not sent its end, closes the others, and rejects later ones. */
  @Override
  public void close() {
    visitors.closeAll(Connection::abandon);
    visitors.awaitEmpty(CLOSE_LIMIT);
  }
}
