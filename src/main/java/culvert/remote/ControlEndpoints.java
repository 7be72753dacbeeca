package culvert.remote;

import culvert.config.BounceCredentials;
import culvert.config.GroupAddress;
import culvert.config.RemoteSettings;
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
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;

/**
 * The handlers of a remote proxy's endpoints, and its channel groups. The listeners are opened and
 * closed by {@link Listeners}.
 */
final class ControlEndpoints implements AutoCloseable {

  /** From the lookup of a bounce server's name until its group is joined. */
  private static final Duration JOIN_LIMIT = Duration.ofSeconds(10);

  /** For handshakes in progress when the role stops. */
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(3);

  /** The settings at the start of the role, for what does not change while it runs. */
  private final RemoteSettings settings;

  private final BufferPool pool;
  private final Deadlines deadlines;
  private final Counters counters;
  private final Log log;

  /** Endpoints that a reload has removed stay, because their last connections may. */
  private final Map<Endpoint.Kind, ControlHandler> handlers = new ConcurrentHashMap<>();

  /** Set before the first listener is bound. */
  private SessionHandler sessions;

  /** The dialects of the endpoints of now; changed by one reload after the other. */
  private Set<Dialect> served = Set.of();

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
  }

  /**
   * Creates the handlers and the channel groups.
   *
   * @param handler runs each session that is established
   * @throws IllegalArgumentException if a file for a bounce server cannot be used
   */
  void serve(List<Endpoint> endpoints, SessionHandler handler) {
    sessions = handler;
    served = dialects(endpoints);
    endpoints.forEach(this::handlerOf);
    settings.groups().forEach(group -> groups.add(endpoint(group, settings.bounce())));
  }

  /** Returns the handler of an endpoint; creates it for a new one. One call after the other. */
  private ControlHandler handlerOf(Endpoint endpoint) {
    ControlHandler known = handlers.get(endpoint.kind());
    if (known != null) {
      return known;
    }
    ControlHandler added = handler(endpoint.dialects(), limiter(endpoint.limits()));
    handlers.put(endpoint.kind(), added);
    return added;
  }

  /**
   * Binds the address of an endpoint. Connections queue until the listener is started.
   *
   * @throws IOException naming the address, if it cannot be bound
   */
  BoundListener bind(Endpoint.Kind kind, HostPort where) throws IOException {
    return ControlListener.bind(where, kind.text(), pool, handlers.get(kind));
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
    ControlHandler control = handlers.get(Endpoint.Kind.GROUPS);
    return new GroupEndpoint(connector, route, control, counters, log);
  }

  private ControlHandler handler(List<Dialect> dialects, HandshakeLimiter max) {
    Duration logPeriod = settings.timeouts().logPeriod();
    return new ControlHandler(dialects, sessions, max, logPeriod, deadlines, counters, log);
  }

  private HandshakeLimiter limiter(Endpoint.Limits limits) {
    return new HandshakeLimiter(
        limits.maxInHeap(),
        limits.maxPerSource(),
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
   * @param endpoints those of the changed settings
   * @return applies them, except the addresses of listeners
   * @throws IllegalArgumentException if a file cannot be used; nothing has changed then
   */
  Runnable prepareReload(RemoteSettings changed, List<Endpoint> endpoints) {
    var prepared = new ArrayList<Runnable>();
    Set<Dialect> next = dialects(endpoints);
    // Also those that are new: one may have been created by a reload that failed.
    next.forEach(dialect -> prepared.add(dialect.prepareReload(changed)));
    for (Endpoint endpoint : endpoints) {
      ControlHandler handler = handlerOf(endpoint);
      prepared.add(() -> handler.use(endpoint.dialects(), endpoint.limits()));
    }
    prepared.add(() -> serve(next, changed.timeouts().drain()));
    prepared.add(prepareGroups(changed.groups(), changed.bounce()));
    return () -> prepared.forEach(Runnable::run);
  }

  private static Set<Dialect> dialects(List<Endpoint> endpoints) {
    var all = new LinkedHashSet<Dialect>();
    endpoints.forEach(endpoint -> all.addAll(endpoint.dialects()));
    return all;
  }

  private void serve(Set<Dialect> next, Duration drain) {
    served.stream().filter(one -> !next.contains(one)).forEach(one -> one.endSessions(drain));
    served = next;
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
    // At every endpoint, silent clients are greeted before this thread waits for one of them.
    handlers.values().forEach(handler -> handler.awaitClaims(Duration.ZERO));
    awaitAll(limit, ControlHandler::awaitClaims);
  }

  /** Ends every handshake in progress and rejects later connections. */
  void closeHandshakes() {
    handlers.values().forEach(ControlHandler::closeHandshakes);
    awaitAll(CLOSE_LIMIT, ControlHandler::awaitHandshakes);
  }

  /** Waits for each handler, for the limit together. */
  private void awaitAll(Duration limit, BiConsumer<ControlHandler, Duration> wait) {
    long until = System.nanoTime() + limit.toNanos();
    handlers
        .values()
        .forEach(handler -> wait.accept(handler, Duration.ofNanos(until - System.nanoTime())));
  }

  /** Leaves the groups and waits until connected origin proxies are gone. */
  @Override
  public void close() {
    groups.forEach(GroupEndpoint::close);
  }
}
