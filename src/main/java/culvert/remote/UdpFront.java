package culvert.remote;

import static culvert.observe.LogEvent.event;

import culvert.config.ServiceAddress;
import culvert.net.BandwidthLimits;
import culvert.net.FlowPlaces;
import culvert.net.HostPort;
import culvert.net.SourcePrefix;
import culvert.net.UdpListener;
import culvert.net.UdpSocket;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.observe.LimitedLog;
import culvert.observe.Log;
import culvert.session.FlowReport;
import culvert.session.Session;
import culvert.session.Visitor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Serves the visitors of a UDP service at its public address. The datagrams of one visitor's
 * address are a flow on one session, until none has passed for the flow timeout, the session has
 * ended, or only others serve the service. The next datagram then opens another flow.
 */
final class UdpFront implements UdpSocket.Handler, AutoCloseable {

  private final ServiceAddress service;
  private final UdpListener listener;
  private final ServiceTable services;
  private final CurrentNetworks networks;
  private final Bandwidths bandwidths;
  private final BucketPair bandwidth;
  private final FlowPlaces<VisitorFlow>.Share places;
  private final Counters counters;
  private final Log log;
  private final LimitedLog<SourcePrefix> reports;
  private final LimitedLog<SourcePrefix> lines;

  /** Flows by the visitor's address; only the loop's thread adds one. */
  private final Map<InetSocketAddress, VisitorFlow> flows = new ConcurrentHashMap<>();

  /** Set when the role is stopping: no flow is opened any more. */
  private volatile boolean isStopping;

  /**
   * Creates a front that receives nothing before {@link #start}.
   *
   * @param service its address is the bound one
   * @param networks those whose visitors are allowed
   * @param bandwidth what all datagrams of the service share
   * @param reports receives a line for each flow that has ended
   * @param lines receives a line for each source whose datagrams are not served
   */
  UdpFront(
      ServiceAddress service,
      UdpListener listener,
      ServiceTable services,
      CurrentNetworks networks,
      Bandwidths bandwidths,
      BucketPair bandwidth,
      FlowPlaces<VisitorFlow>.Share places,
      Counters counters,
      Log log,
      LimitedLog<SourcePrefix> reports,
      LimitedLog<SourcePrefix> lines) {
    this.service = service;
    this.listener = listener;
    this.services = services;
    this.networks = networks;
    this.bandwidths = bandwidths;
    this.bandwidth = bandwidth;
    this.places = places;
    this.counters = counters;
    this.log = log;
    this.reports = reports;
    this.lines = lines;
  }

  /** Starts to receive. */
  void start() throws IOException {
    listener.start(this);
  }

  @Override
  public void received(UdpSocket socket, InetSocketAddress source, ByteBuffer datagram) {
    VisitorFlow flow = flows.get(source);
    if (flow != null && services.isServedByOthersOnly(flow.session(), service.service())) {
      flow.end(FlowReport.Reason.WITHDRAWN);
      flow = null;
    }
    // No answer can be sent to port 0.
    if (flow == null && source.getPort() != 0 && !isStopping) {
      flow = isAllowed(source) ? open(socket, source) : denied(source);
    }
    if (flow != null) {
      flow.receivedFromVisitor(socket, datagram);
    }
  }

  private boolean isAllowed(InetSocketAddress source) {
    return networks.isAllowed(service.service(), source.getAddress());
  }

  /** Records a datagram; returns no flow. */
  private VisitorFlow denied(InetSocketAddress source) {
    counters.count(Counter.DATAGRAMS_DENIED);
    logDropped(source, "denied", CurrentNetworks.DENIED);
    return null;
  }

  private VisitorFlow open(UdpSocket socket, InetSocketAddress source) {
    VisitorFlow flow;
    try {
      var visitor = new Visitor(service.service(), source, socket.local());
      flow =
          services.openFlow(
              visitor, (use, datagrams) -> VisitorFlow.open(visitor, use, datagrams, socket, this));
    } catch (IOException e) {
      unserved(source, e);
      return null;
    }
    counters.count(Counter.FLOWS);
    log.debug(
        event("flow opened")
            .with("visitor", flow.visitor().name())
            .with("service", service.service()));
    flow.place().acquire().ifPresent(this::evict);
    flows.put(source, flow);
    if (flow.hasEnded()) {
      // The session ended in between.
      forget(flow);
    } else if (!isAllowed(source)) {
      // A reload came in between, and may not have found the flow.
      flow.end(FlowReport.Reason.DENIED);
    }
    return flow;
  }

  /** Ends the flows whose visitors are not allowed any more. */
  void endDenied() {
    flows.forEach((source, flow) -> {
      if (!isAllowed(source)) {
        flow.end(FlowReport.Reason.DENIED);
      }
    });
  }

  private void unserved(InetSocketAddress source, IOException cause) {
    counters.count(Counter.DATAGRAMS_UNSERVED);
    logDropped(source, "unserved", cause.getMessage());
  }

  private void logDropped(InetSocketAddress source, String reason, String cause) {
    lines.warn(
        SourcePrefix.of(source.getAddress()),
        event("datagram dropped")
            .with("visitor", HostPort.of(source))
            .with("service", service.service())
            .with("reason", reason)
            .with("cause", cause));
  }

  private void evict(VisitorFlow old) {
    counters.count(Counter.FLOWS_EVICTED);
    old.end(FlowReport.Reason.EVICTED);
  }

  @Override
  public void failed(UdpSocket socket, IOException cause) {
    lines.warn(
        SourcePrefix.of(listener.address().getAddress()),
        event("datagrams not received")
            .with("service", service.service())
            .with("cause", cause.getMessage()));
  }

  // For the flows.

  /** Returns the place of a new flow, which is not acquired yet. */
  FlowPlaces<VisitorFlow>.Place place(SourcePrefix source, VisitorFlow flow) {
    return places.place(source, flow);
  }

  /** Returns the rates of the datagrams of a flow, which it shares with others. */
  BandwidthLimits limits(Session session, SourcePrefix source) {
    return bandwidths.limits(bandwidth, session, source);
  }

  /** Counts a datagram that could not be sent, or was beyond the rate. */
  void countDropped() {
    counters.count(Counter.DATAGRAMS_DROPPED);
  }

  /** Removes a flow that has ended. */
  void ended(VisitorFlow flow, FlowReport report, FlowReport.Reason reason) {
    forget(flow);
    if (reason == FlowReport.Reason.UNREACHABLE) {
      counters.count(Counter.FLOWS_FAILED);
    }
    report.write(flow.visitor(), reason, reports);
  }

  private void forget(VisitorFlow flow) {
    flows.remove(flow.visitor().address(), flow);
    flow.place().release();
  }

  // Ends.

  /**
   * Ends the flows without a datagram for this time, or less if their session drains.
   *
   * @param nowNanos time of {@link System#nanoTime}
   */
  void expire(long nowNanos, Duration limit) {
    for (VisitorFlow flow : flows.values()) {
      if (flow.isIdle(nowNanos, limit.toNanos()) || isDraining(flow) && flow.isDrained(nowNanos)) {
        flow.end(FlowReport.Reason.IDLE);
      }
    }
  }

  private boolean isDraining(VisitorFlow flow) {
    return isStopping || !services.isServing(flow.session(), service.service());
  }

  /** Opens no more flows. Those that are in use continue, and their sessions wait for them. */
  void stop() {
    isStopping = true;
  }

  /** Frees the port and ends every flow. */
  @Override
  public void close() {
    stop();
    listener.close();
    flows.values().forEach(flow -> flow.end(FlowReport.Reason.STOPPED));
  }
}
