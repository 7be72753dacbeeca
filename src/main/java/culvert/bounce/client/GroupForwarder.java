package culvert.bounce.client;

import static culvert.observe.LogEvent.event;

import culvert.net.Connection;
import culvert.net.Durations;
import culvert.net.HostPort;
import culvert.net.Relay;
import culvert.observe.Counters;
import culvert.observe.LimitedLog;
import culvert.observe.Log;
import culvert.observe.OutageLog;
import culvert.protocol.PeerRefusedException;
import culvert.route.GroupListener;
import java.io.IOException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/**
 * Offers a server in a group. Other members of the group reach it, one after the other. Connects to
 * the server when a member sends its first byte.
 */
public final class GroupForwarder implements GroupListener.Handler {

  /** Result of {@link #run}. */
  public enum Outcome {
    /** Stopped by {@link #stop}. */
    STOPPED,
    /** The only visit was served, and both directions ended cleanly. */
    SERVED,
    /** The only visit failed. */
    FAILED,
    /** The group could not be joined, and only one attempt was allowed. */
    UNREACHABLE,
    /** The bounce server refused the authentication, and had never accepted it before. */
    CREDENTIALS
  }

  private static final int MAX_LINES = 100;
  private static final Duration LOG_PERIOD = Duration.ofSeconds(10);

  private final BounceClient client;
  private final HostPort server;
  private final boolean once;
  private final Log log;
  private final OutageLog outages;

  /** The peer of a visit decides how many there are; a visitor's address is not known. */
  private final LimitedLog<String> visits;

  private final GroupListener listener;
  private Outcome outcome = Outcome.STOPPED;
  private boolean hasJoined;

  /**
   * Creates a forwarder, which joins the group in {@link #run}.
   *
   * @param once whether to end after the first visit or the first failure to join
   */
  public GroupForwarder(BounceClient client, HostPort server, boolean once, Log log) {
    this.client = client;
    this.server = server;
    this.once = once;
    this.log = log;
    var counters = new Counters();
    this.outages = new OutageLog(log, counters);
    this.visits = new LimitedLog<>(log, counters, MAX_LINES, LOG_PERIOD);
    this.listener = new GroupListener(client.route(), this);
  }

  /** Joins the group, waits for a visit, serves it and joins again, until {@link #stop}. */
  public Outcome run() {
    listener.run();
    return outcome;
  }

  /** Ends the wait for a visit and returns at once. Closing the client ends a visit in progress. */
  public void stop() {
    listener.end();
  }

  /** Ends a pause before the next attempt to join. */
  public void tryNow() {
    listener.tryNow();
  }

  private void stop(Outcome result) {
    outcome = result;
    listener.end();
  }

  @Override
  public void joined() {
    hasJoined = true;
    if (outages.restored()) {
      log.info(event("group joined").with("group", client.settings().group()).with("to", server));
    }
  }

  @Override
  public boolean handleVisitor(Connection visit) {
    Connection connection;
    try {
      connection = client.dial(server);
    } catch (IOException e) {
      visit.reset();
      visits.warn("", event("visit rejected").with("cause", e.getMessage()));
      endIfOnce(Outcome.FAILED);
      return false;
    }
    Relay.Outcome relayOutcome =
        client.relay(client.settings().group() + " > " + server, visit, connection);
    visits.report(
        "",
        event("visit ended")
            .with("in", connection.sent())
            .with("out", connection.received())
            .with("reason", relayOutcome.name().toLowerCase(Locale.ROOT).replace('_', '-')));
    endIfOnce(relayOutcome == Relay.Outcome.COMPLETED ? Outcome.SERVED : Outcome.FAILED);
    return true;
  }

  private void endIfOnce(Outcome result) {
    if (once) {
      stop(result);
    }
  }

  @Override
  public void joinFailed(IOException cause, Duration again) {
    boolean isRefused = cause instanceof PeerRefusedException;
    boolean isFinal = once || isRefused && !hasJoined;
    if (isFinal) {
      log.error(event("group join failed").with("cause", cause.getMessage()));
      stop(isRefused ? Outcome.CREDENTIALS : Outcome.UNREACHABLE);
      return;
    }
    outages.failed(
        cause.getMessage(),
        event("group join failed")
            .with("cause", cause.getMessage())
            .with("again_in", Durations.of(again.truncatedTo(ChronoUnit.MILLIS))));
  }
}
