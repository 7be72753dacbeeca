package culvert.remote;

import culvert.config.RemoteSettings;
import culvert.config.ServiceAddress;
import culvert.config.ServiceType;
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
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * The UDP services of a remote proxy: one {@link UdpFront} each, with one thread for all of their
 * sockets and one limit for all of their flows.
 */
final class UdpFronts implements AutoCloseable {

  /** The longest period of the check for idle flows. */
  private static final Duration MAX_CHECK_PERIOD = Duration.ofSeconds(1);

  /** A flow ends at most this part of the flow timeout late. */
  private static final int CHECKS_PER_TIMEOUT = 8;

  private final Supplier<RemoteSettings> settings;
  private final CurrentNetworks networks;
  private final Bandwidths bandwidths;
  private final Deadlines deadlines;
  private final Counters counters;
  private final Log log;
  private final DatagramLoop loop;
  private final FlowPlaces<VisitorFlow> places;
  private final LimitedLog<SourcePrefix> reports;
  private final LimitedLog<SourcePrefix> lines;

  /** The fronts whose listeners are bound. */
  private final Set<UdpFront> fronts = ConcurrentHashMap.newKeySet();

  /** The check for idle flows, which begins with the first front. */
  private final AtomicReference<Deadlines.Deadline> expiry = new AtomicReference<>();

  /** The period of that check. */
  private volatile Duration period;

  /**
   * Creates a role without UDP services.
   *
   * @param settings the current ones
   * @param networks those whose visitors are allowed
   * @param bandwidths those of their services and clients
   */
  UdpFronts(
      Supplier<RemoteSettings> settings,
      CurrentNetworks networks,
      Bandwidths bandwidths,
      Deadlines deadlines,
      Counters counters,
      Log log) {
    this.settings = settings;
    this.networks = networks;
    this.bandwidths = bandwidths;
    this.period = checkPeriod();
    this.deadlines = deadlines;
    this.counters = counters;
    this.log = log;
    this.loop = new DatagramLoop("udp", e -> log.bug("internal error on datagram", e));
    this.places = new FlowPlaces<>(settings.get().resourceLimits().flows());
    Duration logPeriod = settings.get().timeouts().logPeriod();
    this.reports = RelayReport.log(log, counters, logPeriod);
    this.lines = new LimitedLog<>(log, counters, 1, logPeriod);
  }

  /**
   * Binds the public address of a service. Datagrams queue until the listener is started.
   *
   * @param services has the sessions of the service
   * @throws IOException naming the address, if it cannot be bound
   */
  BoundListener bind(String service, HostPort where, ServiceTable services) throws IOException {
    UdpListener listener = UdpListener.bind(where, loop);
    var address = new ServiceAddress(service, ServiceType.UDP, HostPort.of(listener.address()));
    var front =
        new UdpFront(
            address,
            listener,
            services,
            networks,
            bandwidths,
            bandwidths.service(service),
            places.share(),
            counters,
            log,
            reports,
            lines);
    fronts.add(front);
    return new Bound(address, front);
  }

  /** The listener of one service. */
  private final class Bound implements BoundListener {
    private final ServiceAddress service;
    private final UdpFront front;

    Bound(ServiceAddress service, UdpFront front) {
      this.service = service;
      this.front = front;
    }

    @Override
    public HostPort address() {
      return service.hostPort();
    }

    @Override
    public void start() throws IOException {
      front.start();
      if (expiry.get() == null) {
        startExpiry();
      }
    }

    @Override
    public void stop() {
      front.stop();
      front.expire(System.nanoTime(), settings.get().flowTimeout());
    }

    @Override
    public void close() {
      front.close();
      fronts.remove(front);
    }
  }

  private Duration checkPeriod() {
    Duration part = settings.get().flowTimeout().dividedBy(CHECKS_PER_TIMEOUT);
    return part.compareTo(MAX_CHECK_PERIOD) > 0 ? MAX_CHECK_PERIOD : part;
  }

  private void startExpiry() {
    Deadlines.Deadline before = expiry.getAndSet(deadlines.repeat(period, this::expire));
    if (before != null) {
      before.cancel();
    }
  }

  private void expire() {
    long now = System.nanoTime();
    fronts.forEach(front -> front.expire(now, settings.get().flowTimeout()));
  }

  /** Uses the current settings, also for open flows. */
  void settingsChanged() {
    Duration before = period;
    period = checkPeriod();
    if (!period.equals(before) && expiry.get() != null) {
      startExpiry();
    }
    fronts.forEach(UdpFront::endDenied);
  }

  /** Returns the number of flows. */
  int flows() {
    return places.used();
  }

  @Override
  public void close() {
    Deadlines.Deadline check = expiry.get();
    if (check != null) {
      check.cancel();
    }
    fronts.forEach(UdpFront::close);
    loop.close();
  }
}
