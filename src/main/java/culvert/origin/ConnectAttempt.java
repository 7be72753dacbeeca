package culvert.origin;

import static culvert.observe.LogEvent.event;

import culvert.config.GroupAddress;
import culvert.config.OriginSettings;
import culvert.config.ServiceAddress;
import culvert.net.Cancellation;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.Durations;
import culvert.net.HostPort;
import culvert.net.SilentPeerException;
import culvert.net.Threads;
import culvert.observe.Log;
import culvert.protocol.ProtocolException;
import culvert.protocol.RefusedException;
import culvert.route.Route;
import culvert.session.IncomingStream;
import culvert.session.OriginDialect;
import culvert.session.OriginSession;
import culvert.session.SessionEndedException;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;

/**
 * One attempt to join, and the session it came to. The session lives in a thread of its own, so
 * that the next attempt can begin while this one's visitors finish at a remote proxy that is
 * stopping.
 */
final class ConnectAttempt implements OriginSession.Listener {

  /** Why the next attempt is due, or none any more. */
  enum End {
    /** No session came, or it was lost. */
    LOST,
    /** The same, for want of a sign of life. */
    SILENT,
    /** The remote proxy has ended the session cleanly, and did not say why. */
    ENDED,
    /** The remote proxy is stopping. */
    DRAINING,
    /** The remote proxy refused the secret, or could not prove it knows it. */
    CREDENTIALS,
    /** The same of the bounce server where they meet. */
    SHUT_OUT,
    /** The remote proxy declined a service. */
    DECLINED,
    /** Another process has taken the name. */
    SUPERSEDED,
    /** Somebody wants the next attempt to begin now. */
    CALLED_OFF
  }

  private enum Stage {
    DIALLING,
    JOINED,
    CALLED_OFF
  }

  /**
   * What came of it.
   *
   * @param end for the loop
   * @param cause for people
   * @param stood how long the session served; zero if it did not
   */
  record Result(End end, String cause, Duration stood) {}

  /** What the role does for its attempts. */
  interface Host {
    /** A session stands, and serves all that it should. */
    void serving();

    /** Whether the next attempt may begin while this one's session drains. */
    boolean mayOverlap();

    /** Where a service's visitors come in; called by the leg's reader: must not wait. */
    void taken(String service, List<HostPort> addresses);

    /** A visitor has come. */
    void visitor(IncomingStream incoming);

    /** The attempt, and its session, are over. */
    void over(ConnectAttempt attempt);
  }

  private final OriginSettings settings;
  private final OriginDialect dialect;
  private final Route route;
  private final Deadlines deadlines;
  private final Host host;
  private final Log log;
  private final CompletableFuture<Result> result = new CompletableFuture<>();
  private final Set<String> untaken = new HashSet<>();
  private volatile String declined;
  private volatile boolean cancelled;
  private volatile boolean over;

  /** Whoever refuses from now on is the remote proxy. */
  private volatile boolean connected;

  private final AtomicReference<Stage> stage = new AtomicReference<>(Stage.DIALLING);
  private volatile OriginSession session;
  private volatile String closedBecause = "closed from this side";
  private volatile boolean serving;
  private volatile long sinceNanos;

  /** Ends whatever the attempt waits for before there is a session. */
  private final Cancellation dial = new Cancellation();

  ConnectAttempt(
      OriginSettings settings,
      OriginDialect dialect,
      Route route,
      Deadlines deadlines,
      Host host,
      Log log) {
    this.settings = settings;
    this.dialect = dialect;
    this.route = route;
    this.deadlines = deadlines;
    this.host = host;
    this.log = log;
  }

  /** Joins, and waits until the session is over or the remote proxy is stopping. */
  Result run() {
    Connection connection = null;
    boolean joined = false;
    try {
      connection = route.connect(dial);
      connected = true;
      dial.onCancel(connection::close);
      join(connection);
      joined = true;
    } catch (IOException e) {
      return failed(e);
    } finally {
      if (!joined) {
        if (connection != null) {
          connection.close();
        }
        end();
      }
    }
    return result.join();
  }

  private void join(Connection connection) throws IOException {
    long began = System.nanoTime();
    OriginSession joined = handshake(connection);
    if (!stage.compareAndSet(Stage.DIALLING, Stage.JOINED)) {
      throw new IOException("called off");
    }
    session = joined;
    if (cancelled) {
      joined.close();
    }
    Threads.start("session with " + settings.remoteProxy(), () -> serve(joined, connection, began));
  }

  private OriginSession handshake(Connection connection) throws IOException {
    Duration limit = settings.timing().handshake();
    return deadlines.callWithin(
        limit,
        connection::close,
        "no handshake within " + Durations.of(limit) + doubt(),
        () -> login(connection));
  }

  private OriginSession login(Connection connection) throws IOException {
    try {
      return dialect.join(connection);
    } catch (ProtocolException e) {
      throw isInGroup()
          ? new ProtocolException(e.getMessage() + "; it may be another origin proxy in the group")
          : e;
    }
  }

  private boolean isInGroup() {
    return settings.remoteProxy() instanceof GroupAddress;
  }

  private String doubt() {
    return isInGroup() ? ": there may be no remote proxy in the group" : "";
  }

  private void end() {
    over = true;
    host.over(this);
  }

  private void serve(OriginSession session, Connection connection, long began) {
    List<String> names = settings.services().stream().map(ServiceAddress::service).toList();
    untaken.addAll(names);
    Duration left = settings.timing().handshake().minusNanos(System.nanoTime() - began);
    var answers = deadlines.after(left, () -> giveUpUnserved(session));
    Result how;
    try {
      session.serve(names, this);
      how =
          declined == null
              ? new Result(End.LOST, closedBecause, stood())
              : new Result(End.DECLINED, declined, stood());
    } catch (IOException e) {
      how = failed(e);
    } catch (RuntimeException | Error e) {
      log.bug("the session met a bug", e);
      how = new Result(End.LOST, "a bug", stood());
    }
    answers.cancel();
    connection.close();
    end();
    if (!result.complete(how)) {
      log.info(event("drained session ended").with("remote_proxy", HostPort.of(connection.peer())));
    }
  }

  private void giveUpUnserved(OriginSession session) {
    if (!serving) {
      closedBecause =
          "no answer to the offers within " + Durations.of(settings.timing().handshake());
      session.close();
    }
  }

  private Duration stood() {
    return serving ? Duration.ofNanos(System.nanoTime() - sinceNanos) : Duration.ZERO;
  }

  private Result failed(IOException e) {
    if (stage.get() == Stage.CALLED_OFF) {
      return new Result(End.CALLED_OFF, "called off", Duration.ZERO);
    }
    End end =
        switch (e) {
          case RefusedException refused ->
              switch (refused.reason()) {
                case CREDENTIALS -> connected ? End.CREDENTIALS : End.SHUT_OUT;
                case SUPERSEDED -> End.SUPERSEDED;
                default -> End.LOST;
              };
          case SilentPeerException silent -> End.SILENT;
          case SessionEndedException ended -> End.ENDED;
          default -> End.LOST;
        };
    return new Result(end, e.getMessage(), stood());
  }

  /** Gives up dialling; a session that stands already lives on. */
  void redial() {
    if (stage.compareAndSet(Stage.DIALLING, Stage.CALLED_OFF)) {
      dial.cancel();
    }
  }

  /** Whether nothing is left of it. */
  boolean isOver() {
    return over;
  }

  /** Ends it now. */
  void cancel() {
    cancelled = true;
    OriginSession standing = session;
    if (standing != null) {
      standing.close();
    } else {
      dial.cancel();
    }
  }

  /** Lets visitors finish; without a session there are none. */
  void drain() {
    OriginSession standing = session;
    if (standing != null) {
      standing.drain();
    } else {
      cancel();
    }
  }

  @Override
  public void taken(String service, List<HostPort> addresses) {
    untaken.remove(service);
    host.taken(service, addresses);
    if (untaken.isEmpty() && !serving) {
      sinceNanos = System.nanoTime();
      serving = true;
      host.serving();
      log.info(event("session begins").with("remote_proxy", settings.remoteProxy()));
    }
  }

  @Override
  public void declined(String service, String why) {
    declined = service + ": " + why;
    session.close();
  }

  @Override
  public void draining() {
    log.info(event("remote proxy is stopping").with("remote_proxy", settings.remoteProxy()));
    if (host.mayOverlap()) {
      result.complete(new Result(End.DRAINING, "the remote proxy is stopping", stood()));
    }
  }

  @Override
  public void visitor(IncomingStream incoming) {
    host.visitor(incoming);
  }
}
