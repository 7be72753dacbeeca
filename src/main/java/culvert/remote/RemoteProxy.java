package culvert.remote;

import static culvert.observe.LogEvent.event;

import culvert.config.PortRange;
import culvert.config.RemoteSettings;
import culvert.config.ServiceAddress;
import culvert.config.ServiceType;
import culvert.net.BufferPool;
import culvert.net.Deadlines;
import culvert.net.HostPort;
import culvert.net.MemoryBudget;
import culvert.observe.Counters;
import culvert.observe.Log;
import culvert.session.RoleResources;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The remote-proxy role: accepts visitors at its public addresses and carries them to the origin
 * proxies that have logged in at its control address.
 */
public final class RemoteProxy implements AutoCloseable {

  /** For accepted visitors without a stream, before sessions start to drain. */
  private static final Duration ADMISSION_LIMIT = Duration.ofSeconds(1);

  private static final long MEBIBYTE = 1024 * 1024;

  private final Deadlines deadlines = new Deadlines();
  private final BufferPool pool;
  private final Counters counters = new Counters();
  private final Endpoints endpoints;
  private final ControlEndpoints control;
  private final ServiceTable services = new ServiceTable(List.of());
  private final CurrentNetworks networks;
  private final Bandwidths bandwidths = new Bandwidths();
  private final TcpFronts visitors;
  private final UdpFronts udp;
  private final Registry registry;
  private final Listeners listeners;
  private final SessionHandler sessions;
  private final Log log;

  /** The current settings, which a reload replaces. */
  private volatile RemoteSettings settings;

  private RemoteProxy(
      RemoteSettings settings, Function<RoleResources, Endpoints> endpoints, Log log) {
    this.settings = settings;
    this.log = log;
    this.pool = new BufferPool(new MemoryBudget(settings.resourceLimits().bufferedBytes().bytes()));
    this.endpoints = endpoints.apply(new RoleResources(pool, deadlines, counters));
    this.control = new ControlEndpoints(settings, pool, deadlines, counters, log);
    this.networks = new CurrentNetworks(settings);
    this.visitors =
        new TcpFronts(() -> this.settings, networks, bandwidths, pool, deadlines, counters, log);
    this.udp = new UdpFronts(() -> this.settings, networks, bandwidths, deadlines, counters, log);
    var sessionLog = new SessionLog(settings.timeouts().logPeriod(), counters, log);
    this.registry = registry(settings, sessionLog);
    this.listeners = new Listeners(registry, this::bind, deadlines, log);
    this.sessions = new SessionHandler(registry, counters, sessionLog);
  }

  /**
   * Binds every address and starts to serve.
   *
   * @param endpoints creates the endpoints, from parts of the role
   * @throws IOException if an address cannot be bound; the message names it, and none stays bound
   */
  public static RemoteProxy start(
      RemoteSettings settings, Function<RoleResources, Endpoints> endpoints, Log log)
      throws IOException {
    var proxy = new RemoteProxy(settings, endpoints, log);
    try {
      List<Endpoint> served = proxy.endpoints.of(settings);
      proxy.control.serve(served, proxy.sessions);
      proxy.listeners.bind(ListenerSpec.of(settings.services(), settings.rules(), served));
      proxy.logLimits(settings);
      proxy.listeners.start();
    } catch (IOException | RuntimeException e) {
      proxy.close();
      throw e;
    }
    proxy.control.startGroups();
    return proxy;
  }

  /** Writes the first line of the log: the limits whose defaults depend on the heap. */
  private void logLimits(RemoteSettings settings) {
    log.info(
        event("limits set")
            .with("heap", Runtime.getRuntime().maxMemory() / MEBIBYTE + "M")
            .with("max-visitors", settings.connectionLimits().visitors())
            .with("max-buffer", pool.budget().limit() / MEBIBYTE + "M"));
  }

  private BoundListener bind(ListenerSpec spec) throws IOException {
    if (spec.key().endpoint().isPresent()) {
      return control.bind(spec.key().endpoint().get(), spec.address().hostPort());
    }
    return spec.type() == ServiceType.UDP
        ? udp.bind(spec.key().service(), spec.address().hostPort(), services)
        : visitors.bind(spec, services);
  }

  private Registry registry(RemoteSettings settings, SessionLog sessionLog) {
    bandwidths.set(settings);
    services.setBalance(settings.rules().balance());
    var roster = new Roster(settings.connectionLimits().sessions(), settings.isPeerAuthenticated());
    var created =
        new Registry(
            new RegistryTables(roster, services, new PortTable(settings.ports())),
            port -> PortListener.bind(portRange().at(port), visitors, pool),
            deadlines,
            counters,
            sessionLog);
    created.apply(settings);
    return created;
  }

  /** The range may have been removed since the port was reserved. */
  private PortRange portRange() throws IOException {
    return settings
        .ports()
        .orElseThrow(() -> new IOException("this remote proxy gives no ports any more"));
  }

  /**
   * Returns the bound control address.
   *
   * @throws IllegalStateException if the settings have none
   */
  public HostPort controlAddress() {
    return address(Endpoint.Kind.CONTROL);
  }

  /**
   * Returns the bound address for bore's clients.
   *
   * @throws IllegalStateException if the settings have no such address
   */
  public HostPort boreAddress() {
    return address(Endpoint.Kind.BORE);
  }

  private HostPort address(Endpoint.Kind kind) {
    ListenerSpec.Key key = ListenerSpec.Key.of(kind);
    return registry
        .listener(key)
        .map(open -> open.listener().address().hostPort())
        .orElseThrow(() -> new IllegalStateException("this remote proxy has no " + key));
  }

  /**
   * Returns the bound public address of each open service that is not at a Unix socket, in the
   * order of the first settings.
   */
  public Map<String, HostPort> outsideAddresses() {
    var addresses = new LinkedHashMap<String, HostPort>();
    for (ServiceAddress service : outsideServices()) {
      if (service.address() instanceof HostPort at) {
        addresses.put(service.service(), at);
      }
    }
    return addresses;
  }

  /** Returns each open service with its bound public address, in that order. */
  public List<ServiceAddress> outsideServices() {
    return registry.services();
  }

  /** Returns the counters of this role. */
  public Counters counters() {
    return counters;
  }

  /** Returns how many bytes all streams hold now. */
  public long heldBytes() {
    return pool.budget().held();
  }

  /** Returns how many large buffers are in use now. */
  public int borrowedBuffers() {
    return pool.borrowed();
  }

  /**
   * Stops accepting, notifies every origin proxy, and lets connected visitors finish.
   *
   * @param limit how long it waits for them
   * @return whether all of them finished
   */
  public boolean drain(Duration limit) {
    long until = System.nanoTime() + limit.toNanos();
    Duration soon = limit.compareTo(ADMISSION_LIMIT) < 0 ? limit : ADMISSION_LIMIT;
    listeners.stop();
    control.endGroups();
    registry.stopVisitors();
    visitors.awaitAdmitted(soon);
    // The data channels of the last visitors connect to the control listeners.
    control.awaitClaims(soon);
    registry.closeControl();
    control.closeHandshakes();
    sessions.drain();
    // A session ends after the last byte of its last visitor.
    return visitors.awaitEmpty(Duration.ofNanos(until - System.nanoTime()))
        && sessions.awaitEmpty(Duration.ofNanos(until - System.nanoTime()));
  }

  /**
   * Applies other settings. Listeners are opened, moved and closed as far as they differ; visitors
   * and sessions stay. New connections use the rest, except what {@link RemoteSettings#keeping}
   * keeps. Calls one after the other; blocks while addresses are bound.
   *
   * @throws IllegalArgumentException if a file cannot be used; nothing has changed then
   */
  public void reload(RemoteSettings changed) {
    RemoteSettings next = changed.keeping(settings);
    List<Endpoint> served = endpoints.of(next);
    Runnable useInEndpoints = control.prepareReload(next, served);
    settings = next;
    networks.set(next, visitors.connected());
    bandwidths.set(next);
    // Before a login can prove a new secret, so that it is not taken for one that is not valid.
    registry.apply(next);
    useInEndpoints.run();
    visitors.settingsChanged();
    udp.settingsChanged();
    listeners.change(ListenerSpec.of(next.services(), next.rules(), served));
  }

  /** Returns the current settings. */
  public RemoteSettings settings() {
    return settings;
  }

  /** Ends a pause before the next attempt to join a group. */
  public void tryNow() {
    control.tryNow();
  }

  /** Returns how many flows of UDP visitors are open now. */
  public int flows() {
    return udp.flows();
  }

  /** Returns how many visitors are connected now. */
  public int visitors() {
    return visitors.count();
  }

  /** Stops accepting, ends every session, and resets every visitor. */
  @Override
  public void close() {
    listeners.stop();
    control.endGroups();
    registry.close();
    control.closeHandshakes();
    sessions.close();
    control.close();
    visitors.close();
    udp.close();
    deadlines.close();
  }
}
