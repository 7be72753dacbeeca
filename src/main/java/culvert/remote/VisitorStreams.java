package culvert.remote;

import static culvert.observe.LogEvent.event;

import culvert.config.RemoteSettings;
import culvert.net.BandwidthLimits;
import culvert.net.BufferPool;
import culvert.net.CloseCause;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.Durations;
import culvert.net.Relay;
import culvert.net.SourcePrefix;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.observe.LimitedLog;
import culvert.observe.Log;
import culvert.remote.VisitorResets.Reason;
import culvert.session.PendingStream;
import culvert.session.RelayEndReason;
import culvert.session.RelayReport;
import culvert.session.Visitor;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/** Joins visitors to their streams, from the open to the relay's end, with one log line each. */
final class VisitorStreams {

  private final Supplier<RemoteSettings> settings;
  private final BufferPool pool;
  private final Deadlines deadlines;
  private final Counters counters;
  private final LimitedLog<SourcePrefix> relays;
  private final LimitedLog<SourcePrefix> lines;
  private final VisitorResets resets;

  /**
   * Creates an instance without visitors.
   *
   * @param settings the current ones
   */
  VisitorStreams(
      Supplier<RemoteSettings> settings,
      BufferPool pool,
      Deadlines deadlines,
      Counters counters,
      Log log,
      LimitedLog<SourcePrefix> lines,
      VisitorResets resets) {
    this.settings = settings;
    this.pool = pool;
    this.deadlines = deadlines;
    this.counters = counters;
    this.relays = RelayReport.log(log, counters, settings.get().timeouts().logPeriod());
    this.lines = lines;
    this.resets = resets;
  }

  /** A visitor whose stream was accepted. */
  final class Joined {
    private final Connection connection;
    private final Visitor visitor;
    private final Connection stream;
    private final Relay relay;
    private final long since;

    private Joined(
        Connection connection, Visitor visitor, Connection stream, Relay relay, long since) {
      this.connection = connection;
      this.visitor = visitor;
      this.stream = stream;
      this.relay = relay;
      this.since = since;
    }

    /** Relays in the calling thread until both directions have ended. */
    void relay() {
      Relay.Outcome outcome = relay.finish();
      CloseCause ofStream = stream.closeCause().orElse(CloseCause.RESET);
      new RelayReport(
              visitor,
              stream.sent(),
              connection.sent(),
              Duration.ofNanos(System.nanoTime() - since),
              RelayEndReason.atRemote(outcome, ofStream))
          .write(counters, relays);
    }
  }

  /**
   * Waits for the answer to a visitor's stream; returns empty if there is none, after the visitor
   * was reset.
   *
   * @param limits the rates of its bytes
   * @param since when the visitor was accepted, by {@link System#nanoTime}
   */
  Optional<Joined> await(
      Connection connection,
      Visitor visitor,
      PendingStream opened,
      BandwidthLimits limits,
      long since) {
    PendingRelay waiting = startReading(connection, visitor, opened, limits);
    PendingStream.Outcome outcome;
    try {
      outcome = opened.await(settings.get().openTimeout().minusNanos(System.nanoTime() - since));
      if (outcome instanceof PendingStream.Outcome.Accepted(Connection stream)) {
        Relay relay = start(waiting, stream);
        return Optional.of(new Joined(connection, visitor, stream, relay, since));
      }
    } catch (RuntimeException | Error e) {
      opened.cancel();
      waiting.abandon();
      throw e;
    }
    if (waiting.abandon()) {
      outcome = new PendingStream.Outcome.Cancelled();
    }
    failed(connection, visitor, outcome);
    connection.reset();
    return Optional.empty();
  }

  private static Relay start(PendingRelay waiting, Connection stream) {
    try {
      return waiting.accept(stream);
    } catch (RuntimeException | Error e) {
      stream.reset();
      throw e;
    }
  }

  private PendingRelay startReading(
      Connection connection, Visitor visitor, PendingStream opened, BandwidthLimits limits) {
    String name = visitor.name() + " " + visitor.service();
    Relay.IdleLimits idle = settings.get().timeouts().idleLimits();
    try {
      return new PendingRelay(
          name + " >",
          connection,
          pool,
          opened,
          (first, second) -> new Relay(name, first, second, deadlines, idle, limits));
    } catch (RuntimeException | Error e) {
      // Such as a thread that could not be started: no other code holds the stream yet.
      opened.cancel();
      throw e;
    }
  }

  private void failed(Connection connection, Visitor visitor, PendingStream.Outcome outcome) {
    switch (outcome) {
      case PendingStream.Outcome.Refused refused -> reset(visitor, Reason.REFUSED, refused.why());
      case PendingStream.Outcome.TimedOut timedOut -> {
        String limit = Durations.of(settings.get().openTimeout());
        reset(visitor, Reason.OPEN_TIMEOUT, "no connection within " + limit);
      }
      case PendingStream.Outcome.Cancelled cancelled -> {
        // At a stop this side resets the visitor, which has not disconnected.
        if (connection.closeCause().filter(CloseCause.STOPPED::equals).isEmpty()) {
          logGone(visitor);
        }
      }
      case PendingStream.Outcome.Accepted accepted ->
          throw new IllegalArgumentException("an accepted stream has not failed");
    }
  }

  private void reset(Visitor visitor, Reason reason, String cause) {
    resets.record(visitor.address(), visitor.service(), reason, cause);
  }

  private void logGone(Visitor visitor) {
    counters.count(Counter.VISITORS_GONE);
    lines.info(
        SourcePrefix.of(visitor.address().getAddress()),
        event("visitor disconnected")
            .with("visitor", visitor.name())
            .with("service", visitor.service())
            .with("reason", "visitor-reset"));
  }
}
