package culvert.remote;

import culvert.config.BoreServerSettings;
import culvert.config.BounceCredentials;
import culvert.config.ConnectionLimits;
import culvert.config.GroupAddress;
import culvert.config.RemoteSettings;
import culvert.dialect.bore.BoreDialect;
import culvert.net.BufferPool;
import culvert.net.Deadlines;
import culvert.net.Dialer;
import culvert.net.HandshakeLimiter;
import culvert.net.HostPort;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.observe.Log;
import culvert.protocol.PeerNames;
import culvert.protocol.bounce.BounceGreeting;
import culvert.route.GroupConnector;
import culvert.route.Route;
import culvert.session.Dialect;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

/**
 * The places at which a remote proxy meets origin proxies: its control address, its address for
 * bore's clients, and channel groups. Their listeners are opened and closed by {@link Listeners}.
 */
final class ControlEndpoints implements AutoCloseable {

  /** Larger at bore's address, where each data channel starts as an unauthenticated connection. */
  private static final int BORE_MAX_UNAUTHENTICATED = 4096;

  private static final int BORE_MAX_UNAUTHENTICATED_PER_ADDRESS = 1024;

  /** Heap of an unauthenticated connection, with its thread and a first message. */
  private static final int PLAIN_BYTES = 16 * 1024;

  /** Heap of an unauthenticated connection during a TLS handshake. */
  private static final int TLS_BYTES = 96 * 1024;

  /** From the lookup of a bounce server's name until its group is joined. */
  private static final Duration JOIN_LIMIT = Duration.ofSeconds(10);

  /** The settings at the start of the role, for what does not change while it runs. */
  private final RemoteSettings settings;

  private final BufferPool pool;
  private final Deadlines deadlines;
  private final Counters counters;
  private final Log log;
  private final HandshakeLimiter limiter;

  /** Set before the first listener is bound. */
  private SessionHandler sessions;

  /** Handles the connections at the control address and in channel groups; as above. */
  private ControlHandler control;

  /** Handles those of bore's clients; null until there are such. */
  private volatile ControlHandler bore;

  private final List<GroupEndpoint> groups = new CopyOnWriteArrayList<>();

  /** Set once, by the thread that stops the role: no group is joined from then on. */
  private volatile boolean isEnded;

  /** Creates endpoints that are not bound yet. */
  ControlEndpoints(
      RemoteSettings settings, BufferPool pool, Deadlines deadlines, Counters counters, Log log) {
    this.settings = settings;
    this.pool = pool;
    this.deadlines = deadlines;
    this.counters = counters;
    this.log = log;
    this.limiter = limiter(settings.connectionLimits(), bytesEach(settings));
  }

  /** Returns the heap of an unauthenticated connection at the control address. */
  private static int bytesEach(RemoteSettings settings) {
    boolean isTls = settings.transport().kind(settings.hasSecret()).isTls();
    return isTls ? TLS_BYTES : PLAIN_BYTES;
  }

  /** Returns the limiter of unauthenticated connections, except those at bore's address. */
  HandshakeLimiter limiter() {
    return limiter;
  }

  /**
   * Sets the parts that handle connections.
   *
   * @param dialect the protocol at the control address and in channel groups
   * @param handler runs each session that is established
   * @throws IllegalArgumentException if a file for a bounce server cannot be used
   */
  void serve(Dialect dialect, SessionHandler handler) {
    sessions = handler;
    control = handler(dialect, limiter);
    settings.bore().ifPresent(this::addBore);
    settings.groups().forEach(group -> groups.add(endpoint(group, settings.bounce())));
  }

  /**
   * Binds the control address. Connections queue until the listener is started.
   *
   * @throws IOException naming the address, if it cannot be bound
   */
  BoundListener bindControl(HostPort where) throws IOException {
    return ControlListener.bind(where, "control", pool, control);
  }

  /**
   * Binds the address for bore's clients; see {@link #bindControl}.
   *
   * @throws IOException naming the address, if it cannot be bound
   */
  BoundListener bindBore(HostPort where) throws IOException {
    return ControlListener.bind(where, "bore", pool, bore);
  }

  /** Every visitor of a bore client brings a connection that is briefly unauthenticated. */
  private void addBore(BoreServerSettings given) {
    ConnectionLimits usual = settings.connectionLimits();
    var wider =
        new ConnectionLimits(
            usual.visitors(),
            usual.visitorsPerAddress(),
            usual.sessions(),
            BORE_MAX_UNAUTHENTICATED,
            BORE_MAX_UNAUTHENTICATED_PER_ADDRESS);
    bore = handler(new BoreDialect(given.secrets(), deadlines), limiter(wider, PLAIN_BYTES));
  }

  private GroupEndpoint endpoint(GroupAddress group, BounceCredentials bounce) {
    var connector =
        new GroupConnector(
            group,
            bounce,
            BounceGreeting.AS_IMPLEMENTED,
            PeerNames.BOUNCE_SERVER_OF_PROXY,
            pool,
            log);
    var route = Route.into(connector, Optional.empty(), JOIN_LIMIT, new Dialer(pool), deadlines);
    return new GroupEndpoint(connector, route, control, counters, log);
  }

  private ControlHandler handler(Dialect dialect, HandshakeLimiter max) {
    Duration logPeriod = settings.timeouts().logPeriod();
    return new ControlHandler(dialect, sessions, max, logPeriod, deadlines, counters, log);
  }

  private HandshakeLimiter limiter(ConnectionLimits max, int bytesEach) {
    return new HandshakeLimiter(
        HandshakeLimiter.maxInHeap(max.unauthenticated(), bytesEach),
        max.unauthenticatedPerAddress(),
        settings.timeouts().handshake(),
        deadlines,
        counters.adder(Counter.SLOW_HANDSHAKES),
        counters.adder(Counter.HALF_OPEN_DROPPED));
  }

  /** Starts to join the channel groups. */
  void startGroups() {
    groups.forEach(this::start);
  }

  private void start(GroupEndpoint group) {
    if (isEnded) {
      group.end();
    } else {
      group.start();
    }
  }

  /**
   * Prepares the use of changed settings by connections that are accepted from then on.
   *
   * @return applies them, except the addresses of listeners
   * @throws IllegalArgumentException if a file cannot be used; nothing has changed then
   */
  Runnable prepareReload(RemoteSettings changed) {
    var prepared = new ArrayList<Runnable>();
    int max = changed.connectionLimits().unauthenticated();
    prepared.add(control.prepareReload(changed));
    prepared.add(() -> limiter.setMax(HandshakeLimiter.maxInHeap(max, bytesEach(changed))));
    changed.bore().ifPresent(given -> prepared.add(prepareBore(given, changed)));
    prepared.add(prepareGroups(changed.groups(), changed.bounce()));
    return () -> prepared.forEach(Runnable::run);
  }

  private Runnable prepareBore(BoreServerSettings given, RemoteSettings changed) {
    return bore == null ? () -> addBore(given) : bore.prepareReload(changed);
  }

  /**
   * Leaves and joins groups. An origin proxy that is connected through a group stays; if the group
   * is added again meanwhile, it keeps the place in it.
   */
  private Runnable prepareGroups(List<GroupAddress> changed, BounceCredentials bounce) {
    var prepared = new ArrayList<Runnable>();
    for (GroupEndpoint group : groups) {
      prepared.add(changed.contains(group.address()) ? group.prepareReload(bounce) : group::end);
    }
    prepared.add(() -> groups.removeIf(GroupEndpoint::hasEnded));
    for (GroupAddress group : changed) {
      if (groups.stream().noneMatch(one -> one.isJoining(group))) {
        GroupEndpoint added = endpoint(group, bounce);
        prepared.add(() -> join(added));
      }
    }
    return () -> prepared.forEach(Runnable::run);
  }

  private void join(GroupEndpoint added) {
    Optional<GroupEndpoint> known =
        groups.stream().filter(one -> one.continues(added.address())).findFirst();
    if (known.isEmpty()) {
      groups.add(added);
      start(added);
    } else if (isEnded) {
      known.get().end();
    }
  }

  /** Ends a pause before the next attempt to join a group. */
  void tryNow() {
    groups.forEach(GroupEndpoint::tryNow);
  }

  /** Calls {@link GroupEndpoint#end} for each channel group. */
  void endGroups() {
    isEnded = true;
    groups.forEach(GroupEndpoint::end);
  }

  /** Waits for requested data channels, as {@link Dialect#awaitClaims} does. */
  void awaitClaims(Duration limit) {
    handlers().forEach(handler -> handler.awaitClaims(limit));
  }

  /** Ends every handshake in progress and rejects later connections. */
  void closeHandshakes() {
    handlers().forEach(ControlHandler::close);
  }

  private List<ControlHandler> handlers() {
    return Stream.of(control, bore).filter(Objects::nonNull).toList();
  }

  /** Leaves the groups and waits until connected origin proxies are gone. */
  @Override
  public void close() {
    groups.forEach(GroupEndpoint::close);
  }
}
