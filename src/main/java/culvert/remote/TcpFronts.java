package culvert.remote;

import culvert.config.RemoteSettings;
import culvert.net.BufferPool;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.HostPort;
import culvert.net.Listener;
import culvert.net.ReservedPlaces;
import culvert.net.SourcePrefix;
import culvert.net.UnixListener;
import culvert.net.UnixPath;
import culvert.observe.Counters;
import culvert.observe.LimitedLog;
import culvert.observe.Log;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.function.Supplier;

/** The TCP services of a remote proxy: one {@link TcpFront} for each public address. */
final class TcpFronts implements AutoCloseable {

  private static final String ROLE = "visitor";

  private final Supplier<RemoteSettings> settings;
  private final BufferPool pool;
  private final Counters counters;
  private final VisitorResets resets;
  private final VisitorStreams streams;
  private final VisitorAdmission admission;
  private final Bandwidths bandwidths;
  private final LimitedLog<String> acceptFailures;

  /**
   * Creates a role without public addresses.
   *
   * @param settings the current ones
   * @param networks those whose visitors are allowed
   * @param bandwidths those of their services, ports and clients
   */
  TcpFronts(
      Supplier<RemoteSettings> settings,
      CurrentNetworks networks,
      Bandwidths bandwidths,
      BufferPool pool,
      Deadlines deadlines,
      Counters counters,
      Log log) {
    this.settings = settings;
    this.bandwidths = bandwidths;
    this.pool = pool;
    this.counters = counters;
    Duration period = settings.get().timeouts().logPeriod();
    var lines = new LimitedLog<SourcePrefix>(log, counters, 1, period);
    this.resets = new VisitorResets(counters, lines);
    this.acceptFailures = new LimitedLog<>(log, counters, 1, period);
    this.streams = new VisitorStreams(settings, pool, deadlines, counters, log, lines, resets);
    this.admission = new VisitorAdmission(settings, networks, resets, deadlines, counters, log);
  }

  /**
   * Binds the public address of a service. Visitors queue until the listener is started.
   *
   * @param services has the sessions of the service
   * @throws IOException naming the address, if it cannot be bound
   */
  BoundListener bind(ListenerSpec spec, ServiceTable services) throws IOException {
    String service = spec.key().service();
    TcpFront front = front(service, services::open, share(), bandwidths.service(service));
    return switch (spec.address()) {
      case HostPort where -> bind(where, front);
      case UnixPath where ->
          new SocketListener(
              UnixListener.bind(where, spec.mode().orElseThrow(), ROLE, pool, front));
    };
  }

  private TcpListener bind(HostPort where, TcpFront front) throws IOException {
    Listener listener = Listener.bind(where, ROLE, pool, front);
    return () -> listener;
  }

  /**
   * Returns the handler of a public address.
   *
   * @param label the name of service and port in the log
   * @param share the places of the address
   * @param bandwidth what all visitors of the address share
   */
  TcpFront front(
      String label, TcpFront.Opener opener, ReservedPlaces.Share share, BucketPair bandwidth) {
    int opens = settings.get().resourceLimits().opensPerService();
    return new TcpFront(
        label,
        opener,
        share,
        opens,
        admission,
        bandwidths,
        bandwidth,
        streams,
        resets,
        counters,
        acceptFailures);
  }

  /** Returns the places of another public address. They are reserved while it is listened at. */
  ReservedPlaces.Share share() {
    return admission.share();
  }

  /** Returns the bandwidth of the visitors of another port; {@link #closePort} follows. */
  BucketPair openPort() {
    return bandwidths.openPort();
  }

  /** The port accepts no visitors any more. */
  void closePort(BucketPair bandwidth) {
    bandwidths.closePort(bandwidth);
  }

  /** Uses the rules and limits of the current settings, also for connected visitors. */
  void settingsChanged() {
    admission.settingsChanged();
  }

  /** Returns the names of services and ports with visitors whose address is known. */
  Set<String> connected() {
    return admission.connected();
  }

  /** Returns how many visitors are connected now. */
  int count() {
    return admission.visitors().size();
  }

  /** Waits until every accepted visitor has a stream or was reset. */
  void awaitAdmitted(Duration limit) {
    admission.awaitAdmitted(limit);
  }

  /** Waits until the last visitor has disconnected; returns false if the limit passes first. */
  boolean awaitEmpty(Duration limit) {
    return admission.visitors().awaitEmpty(limit);
  }

  /** Resets every visitor that was not sent its end, closes the others, and rejects later ones. */
  @Override
  public void close() {
    admission.visitors().closeAll(Connection::abandon);
    admission.visitors().awaitEmpty(VisitorAdmission.CLOSE_LIMIT);
  }
}
