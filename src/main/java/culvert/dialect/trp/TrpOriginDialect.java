package culvert.dialect.trp;

import static culvert.observe.LogEvent.event;

import culvert.config.OriginSettings;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.Dialer;
import culvert.net.KeepAlive;
import culvert.observe.Counter;
import culvert.observe.LimitedLog;
import culvert.observe.Log;
import culvert.session.DataChannels;
import culvert.session.OriginDialect;
import culvert.session.OriginSession;
import culvert.session.RoleResources;
import culvert.session.Visitor;
import java.io.IOException;

/** The origin side of tunneled-reverse-proxy's protocol. */
public final class TrpOriginDialect implements OriginDialect {

  private final String service;
  private final Deadlines deadlines;
  private final DataChannels channels;

  /**
   * Creates the dialect for a role with the given {@code dialer}.
   *
   * @param settings the remote proxy is dialled directly and does not receive the service name
   */
  public TrpOriginDialect(OriginSettings settings, Dialer dialer, RoleResources role, Log log) {
    var lines = new LimitedLog<String>(log, role.counters(), 1, settings.timeouts().logPeriod());
    this.service = settings.services().getFirst().service();
    this.deadlines = role.deadlines();
    this.channels =
        new DataChannels(
            settings,
            dialer,
            role.deadlines(),
            (visitor, remote, cause) -> {
              role.counters().count(Counter.OPENS_FAILED);
              lines.warn(
                  "channel " + remote,
                  event("no data connection for a visitor")
                      .with("visitor", visitor)
                      .with(Visitor.REMOTE_PROXY, remote)
                      .with("cause", cause));
            });
  }

  /** A session serves the service of its start. */
  @Override
  public OriginDialect with(OriginSettings changed) {
    OneService.check(service, changed.services());
    return this;
  }

  /**
   * Starts a session without a handshake, which the protocol does not have: any server counts as a
   * remote proxy.
   */
  @Override
  public OriginSession login(Connection connection) throws IOException {
    KeepAlive.FAST.applyTo(connection);
    return new TrpOriginSession(
        connection, deadlines, channels.forSession(connection.underlying().peer()));
  }
}
