package culvert.bounce.client;

import static culvert.observe.LogEvent.event;

import culvert.net.Connection;
import culvert.net.Durations;
import culvert.net.HostPort;
import culvert.net.Relay;
import culvert.observe.Counters;
import culvert.observe.Log;
import culvert.observe.OutageLog;
import culvert.protocol.RefusedException;
import culvert.route.GroupListener;
import java.io.IOException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/**
 * Puts a server into a group: whoever is or comes there reaches it, one after the other. The server
 * is dialled at the first byte of each.
 */
public final class GroupForwarder implements GroupListener.Handler {

  /** How {@link #run} ended. */
  public enum Outcome {
    /** By {@link #stop}. */
    STOPPED,
    /** One was enough, and both directions ended by themselves. */
    SERVED,
    /** One was enough, and it broke. */
    BROKEN,
    /** The group could not be joined, and one attempt was enough. */
    UNREACHABLE,
    /** The bounce server wants another authentication, and never let this side in. */
    CREDENTIALS
  }

  private final BounceClient client;
  private final HostPort server;
  private final boolean once;
  private final Log log;
  private final OutageLog outages;
  private final GroupListener stay;
  private Outcome outcome = Outcome.STOPPED;
  private boolean hasJoined;

  /**
   * Does nothing before {@link #run}.
   *
   * @param once whether it ends with the first visit, or if there can be none
   */
  public GroupForwarder(BounceClient client, HostPort server, boolean once, Log log) {
    this.client = client;
    this.server = server;
    this.once = once;
    this.log = log;
    this.outages = new OutageLog(log, new Counters());
    this.stay = new GroupListener(client.route(), this);
  }

  /** Joins, waits for a visit, serves it, and joins again, until told to stop. */
  public Outcome run() {
    stay.run();
    return outcome;
  }

  /** Ends the wait; a visit is ended by closing the client. Does not wait. */
  public void stop() {
    stay.end();
  }

  private void stop(Outcome how) {
    outcome = how;
    stay.end();
  }

  @Override
  public void joined() {
    hasJoined = true;
    if (outages.restored()) {
      log.info(event("in the group").with("group", client.settings().group()).with("to", server));
    }
  }

  @Override
  public boolean handleVisitor(Connection visit) {
    Connection served;
    try {
      served = client.dial(server);
    } catch (IOException e) {
      visit.reset();
      log.warn(event("visit refused").with("cause", e.getMessage()));
      ended(Outcome.BROKEN);
      return false;
    }
    Relay.Outcome ending = client.relay(client.settings().group() + " > " + server, visit, served);
    log.info(
        event("visit ended")
            .with("in", served.sent())
            .with("out", served.received())
            .with("reason", ending.name().toLowerCase(Locale.ROOT).replace('_', '-')));
    ended(ending == Relay.Outcome.COMPLETED ? Outcome.SERVED : Outcome.BROKEN);
    return true;
  }

  private void ended(Outcome how) {
    if (once) {
      stop(how);
    }
  }

  @Override
  public void joinFailed(IOException cause, Duration again) {
    boolean refused = cause instanceof RefusedException;
    boolean forGood = once || refused && !hasJoined;
    if (forGood) {
      log.error(event("cannot join the group").with("cause", cause.getMessage()));
      stop(refused ? Outcome.CREDENTIALS : Outcome.UNREACHABLE);
      return;
    }
    outages.failed(
        cause.getMessage(),
        event("cannot join the group")
            .with("cause", cause.getMessage())
            .with("again_in", Durations.of(again.truncatedTo(ChronoUnit.MILLIS))));
  }
}
