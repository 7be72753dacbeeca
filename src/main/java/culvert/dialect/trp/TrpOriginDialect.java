package culvert.dialect.trp;

import static culvert.observe.LogEvent.event;

import culvert.config.OriginSettings;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.Dialer;
import culvert.net.KeepAlive;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.observe.LimitedLog;
import culvert.observe.Log;
import culvert.session.DataChannels;
import culvert.session.OriginDialect;
import culvert.session.OriginSession;
import java.io.IOException;

/** tunneled-reverse-proxy's wire as its origin-proxy speaks it. */
public final class TrpOriginDialect implements OriginDialect {

  private final DataChannels channels;

  /**
   * For the role that lives with {@code dialer}, {@code deadlines} and {@code counters}.
   *
   * @param settings whose remote proxy is dialled directly, and is told of no service
   */
  public TrpOriginDialect(
      OriginSettings settings, Dialer dialer, Deadlines deadlines, Counters counters, Log log) {
    var lines = new LimitedLog<String>(log, counters, 1, settings.timing().logPeriod());
    this.channels =
        new DataChannels(
            settings,
            dialer,
            deadlines,
            (visitor, cause) -> {
              counters.count(Counter.OPENS_FAILED);
              lines.warn(
                  "channel",
                  event("no data connection for a visitor")
                      .with("visitor", visitor)
                      .with("cause", cause));
            });
  }

  /** Nobody says a word: whoever is there is taken for a remote proxy. */
  @Override
  public OriginSession login(Connection connection) throws IOException {
    KeepAlive.FAST.applyTo(connection);
    return new TrpOriginSession(connection, channels.forSession(connection.underlying().peer()));
  }
}
