package culvert.dialect.bore;

import static culvert.observe.LogEvent.event;

import culvert.config.BoreClientSettings;
import culvert.config.OriginSettings;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.Dialer;
import culvert.net.HostPort;
import culvert.observe.Counter;
import culvert.observe.LimitedLog;
import culvert.observe.Log;
import culvert.protocol.DeclinedReason;
import culvert.protocol.ForeignServer;
import culvert.session.DataChannels;
import culvert.session.FlowAcceptor;
import culvert.session.IncomingStream;
import culvert.session.Offer;
import culvert.session.OfferedService;
import culvert.session.OriginDialect;
import culvert.session.OriginSession;
import culvert.session.RoleResources;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/**
 * The client side of the bore protocol: a control connection that requests a public port, and a
 * data channel for each visitor that the server announces.
 */
public final class BoreOriginDialect implements OriginDialect {

  /** Maximum log lines of one kind in a log period. */
  private static final int MAX_LINES = 10;

  private final HostPort server;
  private final PortRequest port;
  private final DataChannels channels;
  private final ClientHandshake handshake;
  private final Duration heartbeatTimeout;
  private final Deadlines deadlines;
  private final LimitedLog<String> log;

  /**
   * Creates the dialect for an origin proxy that owns {@code dialer}.
   *
   * @param settings its only remote proxy is the server, which is dialled directly
   * @param access returns the port to request and the secret; the secret is read for each
   *     connection, because a reload may replace it
   */
  public BoreOriginDialect(
      OriginSettings settings,
      Supplier<BoreClientSettings> access,
      Dialer dialer,
      RoleResources role,
      Log lines) {
    this.server = settings.remotes().getFirst().address().dialled();
    this.port = new PortRequest(access.get().port());
    this.handshake = new ClientHandshake(() -> access.get().secret());
    this.heartbeatTimeout = settings.timeouts().heartbeatTimeout();
    this.deadlines = role.deadlines();
    this.log = new LimitedLog<>(lines, role.counters(), MAX_LINES, settings.timeouts().logPeriod());
    this.channels =
        new DataChannels(
            settings,
            dialer,
            role.deadlines(),
            (visitor, remote, cause) -> {
              role.counters().count(Counter.OPENS_FAILED);
              log.warn(
                  "channel",
                  event("data channel not opened").with("visitor", visitor).with("cause", cause));
            });
  }

  /** Every message of a server is a JSON object or a JSON string. */
  @Override
  public boolean canBeAnswer(byte[] first) {
    return first[0] == '{' || first[0] == '"';
  }

  @Override
  public boolean isForeign(ForeignServer server) {
    return server != ForeignServer.BORE;
  }

  @Override
  public String expectedPort() {
    return "the control port of a bore server";
  }

  @Override
  public OriginSession login(Connection connection) throws IOException {
    var frames = new JsonFrames(connection);
    int requested = port.next();
    return switch (handshake.hello(frames, requested)) {
      case ServerMessage.Hello(int assigned) -> {
        port.assigned(assigned);
        yield new BoreOriginSession(
            connection,
            frames,
            handshake,
            new HostPort(server.host(), assigned),
            channels.forSession(connection.peer()),
            heartbeatTimeout,
            deadlines,
            log);
      }
      case ServerMessage.Error(String text) -> refused(requested, text);
      default -> throw new IllegalStateException("unexpected answer to Hello");
    };
  }

  /**
   * Returns a session that reports the service as declined, or throws if another attempt may
   * succeed.
   */
  private OriginSession refused(int requested, String text) throws IOException {
    boolean retry =
        switch (text) {
          case ClientHandshake.PORT_IN_USE -> port.rejectedAsInUse(System.nanoTime());
          case ClientHandshake.PORT_NOT_ALLOWED, ClientHandshake.NO_PERMISSION ->
              port.rejectedAsForbidden();
          default -> true;
        };
    String why = (requested == 0 ? "" : "port " + requested + ": ") + "server error: " + text;
    if (retry) {
      throw new IOException(why);
    }
    return new Declined(why);
  }

  private record Declined(String why) implements OriginSession {
    @Override
    public void serve(
        List<OfferedService> services,
        Listener listener,
        IncomingStream.Handler streams,
        FlowAcceptor flows) {
      listener.declined(
          Offer.of(services.getFirst().name()), services, DeclinedReason.SETTINGS, why);
    }

    @Override
    public void drain() {}

    @Override
    public void close() {}
  }
}
