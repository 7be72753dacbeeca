package culvert.remote;

import culvert.config.RemoteSettings;
import culvert.config.ServiceAddress;
import culvert.net.DatagramLoop;
import culvert.net.Deadlines;
import culvert.net.FlowPlaces;
import culvert.net.HostPort;
import culvert.net.SourcePrefix;
import culvert.net.UdpListener;
import culvert.observe.Counters;
import culvert.observe.LimitedLog;
import culvert.observe.Log;
import culvert.session.RelayReport;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The UDP services of a remote proxy: one {@link UdpFront} each, with one thread for all of their
 * sockets and one limit for all of their flows.
 */
final class UdpFronts implements AutoCloseable {

  /** The longest period of the check for idle flows. */
  private static final Duration MAX_CHECK_PERIOD = Duration.ofSeconds(1);

  /** A flow ends at most this part of the flow timeout late. */
  private static final int CHECKS_PER_TIMEOUT = 8;

  private final Duration timeout;
  private final Deadlines deadlines;
  private final Counters counters;
  private final Log log;
  private final DatagramLoop loop;
  private final FlowPlaces<VisitorFlow> places;
  private final LimitedLog<SourcePrefix> reports;
  private final LimitedLog<SourcePrefix> lines;

  /** Listeners without a front yet, by service. */
  private final Map<ServiceAddress, UdpListener> bound = new LinkedHashMap<>();

  private final Map<String, UdpFront> fronts = new LinkedHashMap<>();
  private Deadlines.Deadline expiry = () -> {};

  /** Creates a role without UDP services. */
  UdpFronts(RemoteSettings settings, Deadlines deadlines, Counters counters, Log log) {
    this.timeout = settings.flowTimeout();
    this.deadlines = deadlines;
    this.counters = counters;
    this.log = log;
    this.loop = new DatagramLoop("udp", e -> log.bug("internal error on datagram", e));
    this.places = new FlowPlaces<>(settings.resourceLimits().flows());
    Duration period = settings.timeouts().logPeriod();
    this.reports = RelayReport.log(log, counters, period);
    this.lines = new LimitedLog<>(log, counters, 1, period);
  }

  /**
   * Binds the address of a service.
   *
   * @return the bound address
   * @throws IOException naming the address, if it cannot be bound
   */
  ServiceAddress bind(ServiceAddress service) throws IOException {
    UdpListener listener = UdpListener.bind(service.address(), loop);
    var address =
        new ServiceAddress(service.service(), service.type(), HostPort.of(listener.address()));
    bound.put(address, listener);
    return address;
  }

  /** Starts to serve the services that were bound. */
  void start(ServiceTable services) throws IOException {
    for (var one : bound.entrySet()) {
      ServiceAddress service = one.getKey();
      var front =
          new UdpFront(
              service, one.getValue(), services, places.share(), counters, log, reports, lines);
      fronts.put(service.service(), front);
      front.start();
    }
    bound.clear();
    if (!fronts.isEmpty()) {
      Duration part = timeout.dividedBy(CHECKS_PER_TIMEOUT);
      Duration period = part.compareTo(MAX_CHECK_PERIOD) > 0 ? MAX_CHECK_PERIOD : part;
      expiry = deadlines.repeat(period, this::expire);
    }
  }

  private void expire() {
    long now = System.nanoTime();
    fronts.values().forEach(front -> front.expire(now, timeout));
  }

  /** Opens no more flows. Those that are in use continue, and their sessions wait for them. */
  void stop() {
    fronts.values().forEach(UdpFront::stop);
    expire();
  }

  /** Returns the number of flows. */
  int flows() {
    return places.used();
  }

  @Override
  public void close() {
    expiry.cancel();
    bound.values().forEach(UdpListener::close);
    fronts.values().forEach(UdpFront::close);
    loop.close();
  }
}
