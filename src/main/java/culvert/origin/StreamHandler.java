package culvert.origin;

import static culvert.observe.LogEvent.event;

import culvert.config.OriginSettings;
import culvert.config.ServiceAddress;
import culvert.config.ServiceType;
import culvert.net.BufferPool;
import culvert.net.Cancellation;
import culvert.net.CloseCause;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.Dialer;
import culvert.net.OpenSet;
import culvert.net.ProxyHeader;
import culvert.net.Relay;
import culvert.net.ServerAddress;
import culvert.net.SourcePrefix;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.observe.LimitedLog;
import culvert.observe.Log;
import culvert.protocol.StreamRefusedReason;
import culvert.session.IncomingStream;
import culvert.session.PendingOpens;
import culvert.session.RelayEndReason;
import culvert.session.RelayReport;
import culvert.session.Visitor;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Connects each visitor's stream to the service's origin server, and to no other address. */
final class StreamHandler implements IncomingStream.Handler, AutoCloseable {

  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(3);

  /** An origin server, and the visitors that wait for a connection to it. */
  private record Server(ServerAddress address, PendingOpens pending) {}

  private final Supplier<OriginSettings> settings;

  /** By service; replaced by a reload. */
  private volatile Map<String, Server> servers = Map.of();

  private final Dialer dialer;
  private final BufferPool pool;
  private final Deadlines deadlines;
  private final Counters counters;
  private final Log log;
  private final LimitedLog<String> lines;
  private final LimitedLog<SourcePrefix> relays;
  private final OpenSet<Connection> open = new OpenSet<>();

  /**
   * Creates a handler without visitors.
   *
   * @param settings the current ones
   */
  StreamHandler(
      Supplier<OriginSettings> settings,
      Dialer dialer,
      BufferPool pool,
      Deadlines deadlines,
      Counters counters,
      Log log) {
    this.settings = settings;
    this.pool = pool;
    this.dialer = dialer.resettingOnDeath();
    this.deadlines = deadlines;
    this.counters = counters;
    this.log = log;
    Duration logPeriod = settings.get().timeouts().logPeriod();
    this.lines = new LimitedLog<>(log, counters, 1, logPeriod);
    this.relays = RelayReport.log(log, counters, logPeriod);
    servicesChanged();
  }

  /** Connects new visitors to the origin servers of the current settings. */
  void servicesChanged() {
    Map<String, Server> before = servers;
    servers =
        settings.get().services().stream()
            .filter(service -> service.type() == ServiceType.TCP)
            .collect(
                Collectors.toMap(
                    ServiceAddress::service,
                    service -> server(service, before.get(service.service()))));
  }

  private Server server(ServiceAddress service, Server before) {
    return before != null && before.address().equals(service.address())
        ? before
        : new Server(
            service.address(), new PendingOpens(settings.get().resourceLimits().opensPerService()));
  }

  @Override
  public void handle(IncomingStream incoming) {
    try {
      Server server = servers.get(incoming.visitor().service());
      if (server == null) {
        incoming.refuse(StreamRefusedReason.NO_SERVICE, "this service is not offered");
        return;
      }
      serve(incoming, server);
    } catch (RuntimeException | Error e) {
      log.bug("internal error on stream", e);
      incoming.connection().reset();
    }
  }

  private void serve(IncomingStream incoming, Server server) {
    long since = System.nanoTime();
    try (var waiting = new WaitingVisitor(incoming, pool)) {
      connect(incoming, waiting, server)
          .ifPresent(origin -> serve(incoming, waiting, server, origin, since));
    }
  }

  private void serve(
      IncomingStream incoming,
      WaitingVisitor waiting,
      Server server,
      Connection origin,
      long since) {
    try {
      if (open.add(origin)) {
        relay(incoming, waiting, server, origin, since);
      } else {
        incoming.connection().reset();
      }
    } finally {
      open.remove(origin);
      origin.reset();
    }
  }

  /** Connects to the origin server; returns empty after it has refused the stream. */
  private Optional<Connection> connect(
      IncomingStream incoming, WaitingVisitor waiting, Server server) {
    if (!server.pending().tryBegin()) {
      counters.count(Counter.VISITORS_BUSY);
      int max = settings.get().resourceLimits().opensPerService();
      String cause = max + " visitors wait, and " + server.address() + " accepts none";
      incoming.refuse(StreamRefusedReason.BUSY, cause);
      logNotReached(incoming.visitor(), cause);
      return Optional.empty();
    }
    Optional<Connection> connected = Optional.empty();
    try {
      connected = dial(incoming, waiting, server.address());
    } finally {
      server.pending().end(connected.isPresent());
    }
    return connected;
  }

  /** Dials until the server answers, the time is over, or the visitor disconnects. */
  private Optional<Connection> dial(
      IncomingStream incoming, WaitingVisitor waiting, ServerAddress server) {
    var dialing = new Cancellation();
    waiting.onBroken(dialing::cancel);
    try {
      return Optional.of(dialer.connect(server, settings.get().connectTimeout(), dialing));
    } catch (IOException e) {
      // Checked before the answer, which ends the stream and so cancels as well.
      boolean isCancelled = dialing.isCancelled();
      Optional<CloseCause> ended = incoming.connection().closeCause();
      // Also after a reset: only the answer lets the remote proxy open another stream.
      incoming.refuse(reason(e), e.getMessage());
      if (!isCancelled) {
        counters.count(Counter.OPENS_FAILED);
        logNotReached(incoming.visitor(), e.getMessage());
      } else if (ended.filter(StreamHandler::isOfSession).isEmpty()) {
        counters.count(Counter.VISITORS_GONE);
      }
      return Optional.empty();
    }
  }

  /** Returns whether a stream ended with its session, not because its visitor disconnected. */
  private static boolean isOfSession(CloseCause cause) {
    return cause == CloseCause.LINK_LOST || cause == CloseCause.STOPPED;
  }

  private void logNotReached(Visitor visitor, String cause) {
    lines.warn(
        visitor.service(),
        event("origin server not reached")
            .with("service", visitor.service())
            .with("visitor", visitor.name())
            .with("cause", cause)
            .withAll(visitor.remoteField()));
  }

  private void relay(
      IncomingStream incoming,
      WaitingVisitor waiting,
      Server server,
      Connection origin,
      long since) {
    Visitor visitor = incoming.visitor();
    Connection stream = incoming.connection();
    long header;
    try {
      header = writeHeader(visitor, origin);
    } catch (IOException e) {
      String cause = server.address() + ": " + e.getMessage();
      counters.count(Counter.OPENS_FAILED);
      logNotReached(visitor, cause);
      incoming.refuse(StreamRefusedReason.ORIGIN_REFUSED, cause);
      return;
    }
    incoming.accept();
    Relay relay = waiting.startRelay(origin, deadlines, settings.get().timeouts().idleLimits());
    Relay.Outcome outcome = relay.finish();
    CloseCause ofStream = stream.closeCause().orElse(CloseCause.RESET);
    new RelayReport(
            visitor,
            origin.sent() - header,
            stream.sent(),
            Duration.ofNanos(System.nanoTime() - since),
            RelayEndReason.atOrigin(outcome, ofStream))
        .write(counters, relays);
  }

  /** Writes the PROXY header in one write, before any other byte; returns its length. */
  private long writeHeader(Visitor visitor, Connection origin) throws IOException {
    Optional<ProxyHeader.Version> version = settings.get().proxyHeader();
    if (version.isEmpty()) {
      return 0;
    }
    byte[] header = ProxyHeader.write(version.get(), visitor.address(), visitor.reached());
    origin.output().write(ByteBuffer.wrap(header));
    return header.length;
  }

  private static StreamRefusedReason reason(IOException e) {
    return switch (e.getCause()) {
      case ConnectException c -> StreamRefusedReason.ORIGIN_REFUSED;
      case SocketTimeoutException c -> StreamRefusedReason.TIMED_OUT;
      case null ->
          e instanceof UnknownHostException
              ? StreamRefusedReason.UNREACHABLE
              : StreamRefusedReason.TIMED_OUT;
      default -> StreamRefusedReason.UNREACHABLE;
    };
  }

  /** Returns how many visitors are connected now. */
  int count() {
    return open.size();
  }

  /** Waits until the last visitor has disconnected; returns false if the limit passes first. */
  boolean awaitEmpty(Duration limit) {
    return open.awaitEmpty(limit);
  }

  /** Abandons every connection to an origin server; does not block. */
  void reset() {
    open.closeAll(Connection::abandon);
  }

  @Override
  public void close() {
    reset();
    open.awaitEmpty(CLOSE_LIMIT);
  }
}
