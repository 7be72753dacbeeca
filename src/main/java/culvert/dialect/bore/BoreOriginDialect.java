package culvert.dialect.bore;

import static culvert.observe.LogEvent.event;

import culvert.config.BoreClientSettings;
import culvert.config.OriginSettings;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.Dialer;
import culvert.net.HostPort;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.observe.LimitedLog;
import culvert.observe.Log;
import culvert.session.DataChannels;
import culvert.session.IncomingStream;
import culvert.session.OriginDialect;
import culvert.session.OriginSession;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/**
 * bore's wire, the client's side: a control connection that asks for a public port, and a data
 * channel for every visitor that the server announces.
 */
public final class BoreOriginDialect implements OriginDialect {

  /** For what a session's server keeps complaining of. */
  private static final int LINES = 10;

  private final HostPort server;
  private final PortRequest port;
  private final DataChannels channels;
  private final ClientHandshake talk;
  private final Duration silence;
  private final Deadlines deadlines;
  private final LimitedLog<String> log;

  /**
   * For the role that lives with {@code dialer}, {@code deadlines} and {@code counters}.
   *
   * @param settings whose remote proxy is the server, dialled directly
   * @param access what is asked of it
   */
  public BoreOriginDialect(
      OriginSettings settings,
      BoreClientSettings access,
      Dialer dialer,
      Deadlines deadlines,
      Counters counters,
      Log lines) {
    this.server = settings.remoteProxy().dialled();
    this.port = new PortRequest(access.port());
    this.talk = new ClientHandshake(access.secret());
    this.silence = settings.timeouts().heartbeatTimeout();
    this.deadlines = deadlines;
    this.log = new LimitedLog<>(lines, counters, LINES, settings.timeouts().logPeriod());
    this.channels =
        new DataChannels(
            settings,
            dialer,
            deadlines,
            (visitor, cause) -> {
              counters.count(Counter.OPENS_FAILED);
              log.warn(
                  "channel",
                  event("no data channel for a visitor")
                      .with("visitor", visitor)
                      .with("cause", cause));
            });
  }

  @Override
  public OriginSession login(Connection connection) throws IOException {
    var frames = new JsonFrames(connection);
    int asked = port.next();
    return switch (talk.hello(frames, asked)) {
      case ServerMessage.Hello(int given) -> {
        port.taken(given);
        yield new BoreOriginSession(
            connection,
            frames,
            talk,
            new HostPort(server.host(), given),
            channels.forSession(connection.peer()),
            silence,
            deadlines,
            log);
      }
      case ServerMessage.Error(String text) -> refused(asked, text);
      default -> throw new IllegalStateException("no answer to a Hello");
    };
  }

  /** Either for good, which the role hears as a service declined, or worth another attempt. */
  private OriginSession refused(int asked, String text) throws IOException {
    boolean again =
        switch (text) {
          case ClientHandshake.PORT_IN_USE -> port.inUse(System.nanoTime());
          case ClientHandshake.PORT_NOT_ALLOWED, ClientHandshake.NO_PERMISSION -> port.forbidden();
          default -> true;
        };
    String why = (asked == 0 ? "" : "port " + asked + ": ") + "server error: " + text;
    if (again) {
      throw new IOException(why);
    }
    return new Declined(why);
  }

  private record Declined(String why) implements OriginSession {
    @Override
    public void serve(List<String> services, Listener listener, IncomingStream.Handler streams) {
      listener.declined(services.getFirst(), why);
    }

    @Override
    public void drain() {}

    @Override
    public void close() {}
  }
}
