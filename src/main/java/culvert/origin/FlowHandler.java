package culvert.origin;

import static culvert.observe.LogEvent.event;

import culvert.config.OriginSettings;
import culvert.config.ServiceAddress;
import culvert.config.ServiceType;
import culvert.net.BufferPool;
import culvert.net.CloseCause;
import culvert.net.DatagramLoop;
import culvert.net.Descriptors;
import culvert.net.Flow;
import culvert.net.FlowPlaces;
import culvert.net.HostPort;
import culvert.net.ProxyHeader;
import culvert.net.ResolvedServer;
import culvert.net.SourcePrefix;
import culvert.net.UdpSocket;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.observe.LimitedLog;
import culvert.observe.Log;
import culvert.session.FlowAcceptor;
import culvert.session.FlowReport;
import culvert.session.RelayReport;
import culvert.session.Visitor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Connects each flow to its service's origin server through a UDP socket of its own, and to no
 * other address. The remote proxy decides when a flow is idle; this side only limits their number.
 */
final class FlowHandler implements FlowAcceptor, AutoCloseable {

  /**
   * An origin server.
   *
   * @param limit time for a lookup of its name
   * @param places those of the flows of its service
   */
  record Server(
      HostPort where, Duration limit, ResolvedServer address, FlowPlaces<OriginFlow>.Share places) {

    /** Returns whether a lookup for these settings would be the same one. */
    boolean isAt(HostPort address, Duration timeout) {
      return where.equals(address) && limit.equals(timeout);
    }
  }

  private final Supplier<OriginSettings> settings;
  private final BufferPool pool;
  private final Counters counters;
  private final Log log;
  private final DatagramLoop loop;
  private final int maxFlows;
  private final FlowPlaces<OriginFlow> places;

  /** By service; replaced by a reload. */
  private volatile Map<String, Server> servers = Map.of();

  private final LimitedLog<String> lines;
  private final LimitedLog<SourcePrefix> reports;

  /** The open flows, each with the task that connects it. */
  private final Map<OriginFlow, Connecting> flows = new ConcurrentHashMap<>();

  /**
   * Creates a handler without flows.
   *
   * @param settings the current ones
   */
  FlowHandler(Supplier<OriginSettings> settings, BufferPool pool, Counters counters, Log log) {
    this(
        settings,
        pool,
        counters,
        log,
        new DatagramLoop("udp", e -> log.bug("internal error on datagram", e)));
  }

  /** Creates a handler whose sockets are in this loop, which it closes. */
  FlowHandler(
      Supplier<OriginSettings> settings,
      BufferPool pool,
      Counters counters,
      Log log,
      DatagramLoop loop) {
    this.settings = settings;
    this.pool = pool;
    this.counters = counters;
    this.loop = loop;
    this.log = log;
    this.maxFlows = Descriptors.PROCESS.maxFlows(settings.get().resourceLimits().flows());
    this.places = new FlowPlaces<>(maxFlows);
    Duration logPeriod = settings.get().timeouts().logPeriod();
    this.lines = new LimitedLog<>(log, counters, 1, logPeriod);
    this.reports = RelayReport.log(log, counters, logPeriod);
    this.servers = servers(Map.of());
  }

  /**
   * Connects new flows to the origin servers of the current settings. Flows of a service that was
   * removed end; those to an earlier address of a service continue.
   */
  void servicesChanged() {
    Map<String, Server> before = servers;
    servers = servers(before);
    if (before.isEmpty()) {
      logLimit();
    }
    flows.keySet().stream()
        .filter(flow -> !servers.containsKey(flow.visitor().service()))
        .forEach(flow -> flow.end(FlowReport.Reason.WITHDRAWN));
  }

  private Map<String, Server> servers(Map<String, Server> before) {
    OriginSettings current = settings.get();
    return current.services().stream()
        .filter(service -> service.type() == ServiceType.UDP)
        .collect(
            Collectors.toMap(
                ServiceAddress::service,
                service ->
                    server(service, current.connectTimeout(), before.get(service.service()))));
  }

  private Server server(ServiceAddress service, Duration timeout, Server before) {
    if (before != null && before.isAt(service.hostPort(), timeout)) {
      return before;
    }
    return new Server(
        service.hostPort(),
        timeout,
        new ResolvedServer(service.hostPort(), timeout),
        before == null ? places.share() : before.places());
  }

  /** Logs the maximum number of flows, which depends on the file descriptors. */
  void logLimit() {
    if (!servers.isEmpty()) {
      log.info(event("limits set").with("max-flows", maxFlows));
    }
  }

  @Override
  public Flow.Receiver opened(Visitor visitor, Flow flow) {
    Server server = servers.get(visitor.service());
    if (server == null) {
      flow.close(FlowReport.Reason.UNREACHABLE.cause());
      return new ClosedFlow();
    }
    counters.count(Counter.FLOWS);
    var opened = new OriginFlow(visitor, flow, server, this, header(visitor));
    var connecting = new Connecting(opened, server.address());
    flows.put(opened, connecting);
    if (!servers.containsKey(visitor.service())) {
      // Removed by a reload in between.
      opened.end(FlowReport.Reason.WITHDRAWN);
    }
    opened.place().acquire().ifPresent(this::evict);
    connecting.start();
    return opened;
  }

  private void evict(OriginFlow old) {
    counters.count(Counter.FLOWS_EVICTED);
    old.end(FlowReport.Reason.EVICTED);
  }

  private byte[] header(Visitor visitor) {
    return settings
        .get()
        .proxyHeader()
        .map(version -> ProxyHeader.writeUdp(visitor.address(), visitor.reached()))
        .orElseGet(() -> new byte[0]);
  }

  /**
   * Opens the flow's socket in the loop's thread, because that takes longer than a datagram. A flow
   * that has ended meanwhile waits neither for a lookup nor for the loop: visitors decide how many
   * there are.
   */
  private final class Connecting implements ResolvedServer.Callback, Runnable {
    private final OriginFlow flow;
    private final ResolvedServer server;
    private volatile InetSocketAddress address;

    Connecting(OriginFlow flow, ResolvedServer server) {
      this.flow = flow;
      this.server = server;
    }

    void start() {
      server.address(this);
      cancelIfEnded();
    }

    @Override
    public void resolved(InetSocketAddress found) {
      address = found;
      try {
        loop.execute(this);
      } catch (IOException e) {
        flow.unreachable(e);
      }
      cancelIfEnded();
    }

    @Override
    public void run() {
      flow.connect(address);
    }

    /** Closes the gap between the end of a flow and a wait that begins later. */
    private void cancelIfEnded() {
      if (flow.hasEnded()) {
        cancel();
      }
    }

    void cancel() {
      server.cancel(this);
      loop.cancel(this);
    }

    @Override
    public void failed(IOException cause) {
      flow.unreachable(cause);
    }
  }

  /** Receives the datagrams of a flow whose service is not offered. */
  private static final class ClosedFlow implements Flow.Receiver {
    @Override
    public void received(ByteBuffer datagram) {}

    @Override
    public void ended(CloseCause cause) {}
  }

  // For the flows.

  BufferPool pool() {
    return pool;
  }

  /** Opens a socket to an origin server. */
  UdpSocket connect(InetSocketAddress to, OriginFlow flow) throws IOException {
    return UdpSocket.connect(to, loop, flow);
  }

  /** Counts a datagram that could not be sent to the origin server. */
  void countDropped() {
    counters.count(Counter.DATAGRAMS_DROPPED);
  }

  /** Logs why the origin server could not be reached. */
  void reportUnreachable(Visitor visitor, IOException cause) {
    lines.warn(
        visitor.service(),
        event("origin server not reached")
            .with("service", visitor.service())
            .with("visitor", visitor.name())
            .with("cause", cause.getMessage())
            .withAll(visitor.remoteField()));
  }

  /** Removes a flow that has ended. */
  void ended(OriginFlow flow, FlowReport report, FlowReport.Reason reason) {
    Connecting connecting = flows.remove(flow);
    if (connecting != null) {
      connecting.cancel();
    }
    flow.place().release();
    if (reason == FlowReport.Reason.UNREACHABLE) {
      counters.count(Counter.FLOWS_FAILED);
    }
    report.write(flow.visitor(), reason, reports);
  }

  /** Returns how many flows are open now. */
  int count() {
    return flows.size();
  }

  /** Ends every flow. */
  @Override
  public void close() {
    flows.keySet().forEach(flow -> flow.end(FlowReport.Reason.STOPPED));
    loop.close();
  }
}
