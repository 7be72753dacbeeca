package culvert.remote;

import static culvert.observe.LogEvent.event;

import culvert.net.BandwidthLimits;
import culvert.net.Connection;
import culvert.net.Durations;
import culvert.net.Listener;
import culvert.net.ReservedPlaces;
import culvert.net.SourcePrefix;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.observe.LimitedLog;
import culvert.remote.VisitorResets.Reason;
import culvert.session.PendingOpens;
import culvert.session.PendingStream;
import culvert.session.Session;
import culvert.session.Visitor;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/**
 * Serves the visitors of one public address, each in its own thread: {@link VisitorAdmission}
 * checks the limits, a session opens a stream, and {@link VisitorStreams} joins the two.
 */
final class TcpFront implements Listener.Handler<Connection>, VisitorAdmission.Front {

  /**
   * A stream of a visitor.
   *
   * @param session carries it
   * @param onEnd runs when the visitor does not use it any more
   */
  record Opened(Session session, PendingStream stream, Runnable onEnd) {}

  /** Opens a visitor's stream. */
  @FunctionalInterface
  interface Opener {
    /**
     * Opens the stream; does not block.
     *
     * @throws IOException if no session can carry it
     */
    Opened open(Visitor visitor) throws IOException;
  }

  private final String label;
  private final Opener opener;
  private final ReservedPlaces.Share share;
  private final int maxOpens;
  private final PendingOpens pending;
  private final VisitorAdmission admission;
  private final Bandwidths bandwidths;
  private final BucketPair bandwidth;
  private final VisitorStreams streams;
  private final VisitorResets resets;
  private final Counters counters;
  private final LimitedLog<String> acceptFailures;

  /**
   * Creates a front; see {@link TcpFronts#front}.
   *
   * @param maxOpens maximum number of visitors that wait while the origin server accepts nothing
   * @param bandwidth what all visitors of the address share
   */
  TcpFront(
      String label,
      Opener opener,
      ReservedPlaces.Share share,
      int maxOpens,
      VisitorAdmission admission,
      Bandwidths bandwidths,
      BucketPair bandwidth,
      VisitorStreams streams,
      VisitorResets resets,
      Counters counters,
      LimitedLog<String> acceptFailures) {
    this.label = label;
    this.opener = opener;
    this.share = share;
    this.maxOpens = maxOpens;
    this.pending = new PendingOpens(maxOpens);
    this.admission = admission;
    this.bandwidths = bandwidths;
    this.bandwidth = bandwidth;
    this.streams = streams;
    this.resets = resets;
    this.counters = counters;
    this.acceptFailures = acceptFailures;
  }

  @Override
  public void started() {
    share.open();
  }

  @Override
  public void ended() {
    share.close();
  }

  @Override
  public void acceptFailed(IOException cause, Duration pause, boolean first) {
    counters.count(Counter.ACCEPT_FAILURES);
    if (first) {
      acceptFailures.warn(
          label,
          event("visitors not accepted")
              .with("service", label)
              .with("cause", cause.getMessage())
              .with("pause", Durations.of(pause)));
    }
  }

  @Override
  public void handle(Connection visitor) {
    admission.admit(visitor, this);
  }

  @Override
  public String label() {
    return label;
  }

  @Override
  public ReservedPlaces.Share share() {
    return share;
  }

  @Override
  public void serve(Connection connection, Visitor visitor, long since) {
    if (!pending.tryBegin()) {
      String cause = maxOpens + " visitors wait, and the origin server accepts none";
      reset(connection, visitor, Reason.BUSY, cause);
      return;
    }
    open(connection, visitor)
        .ifPresent(opened -> {
          try {
            join(connection, visitor, opened, since).ifPresent(VisitorStreams.Joined::relay);
          } finally {
            opened.onEnd().run();
          }
        });
  }

  /** Opens a stream; if that fails, the visitor is reset and does not wait any more. */
  private Optional<Opened> open(Connection connection, Visitor visitor) {
    Optional<Opened> opened = Optional.empty();
    try {
      opened = Optional.of(opener.open(visitor));
    } catch (IOException e) {
      reset(connection, visitor, Reason.UNSERVED, e.getMessage());
    } finally {
      if (opened.isEmpty()) {
        pending.end(false);
      }
    }
    return opened;
  }

  private Optional<VisitorStreams.Joined> join(
      Connection connection, Visitor visitor, Opened opened, long since) {
    Optional<VisitorStreams.Joined> joined = Optional.empty();
    try {
      admission.opened(connection);
      var source = SourcePrefix.of(visitor.address().getAddress());
      BandwidthLimits limits = bandwidths.limits(bandwidth, opened.session(), source);
      joined = streams.await(connection, visitor, opened.stream(), limits, since);
      return joined;
    } finally {
      pending.end(joined.isPresent());
    }
  }

  private void reset(Connection connection, Visitor visitor, Reason reason, String cause) {
    connection.reset();
    resets.record(visitor.address(), label, reason, cause);
  }
}
