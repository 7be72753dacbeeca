package culvert.remote;

import static culvert.observe.LogEvent.event;

import culvert.config.ConnectionLimits;
import culvert.config.RemoteSettings;
import culvert.net.Cidr;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.OpenSet;
import culvert.net.ProxyHeader;
import culvert.net.ReservedPlaces;
import culvert.net.SourcePrefix;
import culvert.net.UnixPeer;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.observe.Log;
import culvert.remote.VisitorResets.Reason;
import culvert.session.Visitor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Admits the visitors of all public addresses: networks, limits and the PROXY header. */
final class VisitorAdmission {

  /** From the reset of all visitors to the end of their threads. */
  static final Duration CLOSE_LIMIT = Duration.ofSeconds(3);

  /** Serves the visitors of one public address. */
  interface Front {
    /** Returns the name of service and port in the log. */
    String label();

    /** Returns the places of the address. */
    ReservedPlaces.Share share();

    /**
     * Serves a visitor until it has disconnected.
     *
     * @param since when it was accepted, by {@link System#nanoTime}
     */
    void serve(Connection connection, Visitor visitor, long since);
  }

  /**
   * A visitor whose address is known.
   *
   * @param address that of its PROXY header, if one was required
   */
  private record Admitted(InetSocketAddress address, Front front) {}

  private final Supplier<RemoteSettings> settings;
  private final CurrentNetworks networks;
  private final VisitorResets resets;
  private final Deadlines deadlines;
  private final Counters counters;
  private final Log log;
  private final VisitorPlaces places;
  private final OpenSet<Connection> visitors = new OpenSet<>();

  /** Those among {@link #visitors} whose address is known. */
  private final Map<Connection, Admitted> admitted = new ConcurrentHashMap<>();

  /** Those among {@link #visitors} that have no stream yet. */
  private final OpenSet<Connection> admissions = new OpenSet<>();

  /**
   * Creates an admission without visitors.
   *
   * @param settings the current ones
   * @param networks those whose visitors are allowed
   */
  VisitorAdmission(
      Supplier<RemoteSettings> settings,
      CurrentNetworks networks,
      VisitorResets resets,
      Deadlines deadlines,
      Counters counters,
      Log log) {
    this.settings = settings;
    this.networks = networks;
    this.resets = resets;
    this.deadlines = deadlines;
    this.counters = counters;
    this.log = log;
    ConnectionLimits limits = settings.get().connectionLimits();
    this.places = new VisitorPlaces(limits.visitors(), limits.visitorsPerAddress());
  }

  /** Returns the places of another public address. */
  ReservedPlaces.Share share() {
    return places.share();
  }

  /**
   * Uses the rules and limits of the current settings. Visitors of a network that is not allowed
   * any more are reset; visitors that exceed a limit stay.
   */
  void settingsChanged() {
    ConnectionLimits limits = settings.get().connectionLimits();
    places.setLimits(limits.visitors(), limits.visitorsPerAddress());
    admitted.forEach(this::isStillAllowed);
  }

  /** Returns whether an admitted visitor is allowed; resets it, once, if not. */
  private boolean isStillAllowed(Connection connection, Admitted visitor) {
    boolean isAllowed = isAllowed(connection, visitor.front(), visitor.address());
    if (!isAllowed && admitted.remove(connection, visitor)) {
      deny(connection, visitor.address(), visitor.front());
    }
    return isAllowed;
  }

  /** A visitor at a Unix socket has no network, unless a PROXY header has its address. */
  private boolean isAllowed(Connection connection, Front front, InetSocketAddress visitor) {
    boolean hasNoNetwork = UnixPeer.isUnix(connection.peer()) && UnixPeer.isUnix(visitor);
    return hasNoNetwork || networks.isAllowed(front.label(), visitor.getAddress());
  }

  private void deny(Connection connection, InetSocketAddress visitor, Front front) {
    reject(connection, visitor, front, Reason.DENIED, CurrentNetworks.DENIED);
  }

  /** Admits a visitor and lets the front serve it, in the calling thread. */
  void admit(Connection visitor, Front front) {
    counters.count(Counter.VISITORS);
    boolean isHeaderRequired = isHeaderRequired(visitor);
    if (!isHeaderRequired && !isAllowed(visitor, front, visitor.peer())) {
      deny(visitor, visitor.peer(), front);
      return;
    }
    if (!front.share().tryAcquire()) {
      reject(visitor, visitor.peer(), front, Reason.OVER_LIMIT, overLimit());
      return;
    }
    try {
      visitor.resetOnDeath();
      if (visitors.add(visitor) && admissions.add(visitor)) {
        serve(visitor, front, isHeaderRequired, System.nanoTime());
      }
    } catch (IOException e) {
      // The visitor disconnected first.
    } catch (RuntimeException | Error e) {
      log.bug("internal error on visitor connection", e);
    } finally {
      visitor.reset();
      admitted.remove(visitor);
      admissions.remove(visitor);
      visitors.remove(visitor);
      front.share().release();
    }
  }

  private String overLimit() {
    return "the limit of "
        + settings.get().connectionLimits().visitors()
        + " visitors, or the share of this service, is reached";
  }

  private void serve(Connection connection, Front front, boolean isHeaderRequired, long since) {
    InetSocketAddress address;
    try {
      address = isHeaderRequired ? addressInHeader(connection) : connection.peer();
    } catch (IOException e) {
      reject(connection, connection.peer(), front, Reason.BAD_PROXY_HEADER, e.getMessage());
      return;
    }
    var admission = new Admitted(address, front);
    // Before the check, so that a reload that follows it finds the visitor.
    admitted.put(connection, admission);
    if (!isStillAllowed(connection, admission)) {
      return;
    }
    SourcePrefix source = SourcePrefix.of(address.getAddress());
    if (!places.tryAcquire(source)) {
      int max = settings.get().connectionLimits().visitorsPerAddress();
      String cause = "the limit of " + max + " visitors from one address is reached";
      reject(connection, address, front, Reason.OVER_LIMIT, cause);
      return;
    }
    try {
      var visitor = new Visitor(front.label(), address, connection.local());
      log.debug(
          event("visitor connected")
              .with("visitor", visitor.name())
              .with("service", front.label())
              .with("local", UnixPeer.name(connection.local())));
      front.serve(connection, visitor, since);
    } finally {
      places.release(source);
    }
  }

  private boolean isHeaderRequired(Connection connection) {
    List<Cidr> from = settings.get().proxyHeaderFrom();
    return !from.isEmpty()
        && from.stream().anyMatch(network -> network.contains(connection.peer().getAddress()));
  }

  private InetSocketAddress addressInHeader(Connection connection) throws IOException {
    var deadline = deadlines.after(settings.get().timeouts().handshake(), connection::reset);
    try {
      return ProxyHeader.read(connection.input()).orElse(connection.peer());
    } finally {
      deadline.cancel();
    }
  }

  private void reject(
      Connection connection, InetSocketAddress visitor, Front front, Reason reason, String cause) {
    connection.reset();
    resets.record(visitor, front.label(), reason, cause);
  }

  /** Records that a visitor has a stream. */
  void opened(Connection visitor) {
    admissions.remove(visitor);
  }

  /** Returns the labels of the addresses with visitors whose address is known. */
  Set<String> connected() {
    return admitted.values().stream()
        .map(visitor -> visitor.front().label())
        .collect(Collectors.toSet());
  }

  /** Returns the visitors that are connected. */
  OpenSet<Connection> visitors() {
    return visitors;
  }

  /** Waits until every accepted visitor has a stream or was reset. */
  void awaitAdmitted(Duration limit) {
    admissions.awaitEmpty(limit);
  }
}
