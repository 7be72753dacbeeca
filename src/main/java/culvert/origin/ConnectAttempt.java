package culvert.origin;

import culvert.config.OriginSettings;
import culvert.config.TransportKind;
import culvert.net.Cancellation;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.Dialer;
import culvert.net.Durations;
import culvert.net.RecordedStart;
import culvert.protocol.ForeignServer;
import culvert.protocol.ForeignServerException;
import culvert.protocol.ProtocolException;
import culvert.protocol.UnknownAnswerException;
import culvert.route.DialFailures;
import culvert.route.Route;
import culvert.session.OriginDialect;
import culvert.session.OriginSession;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/**
 * One attempt to reach the remote proxy and to log in there. {@link #redial} and {@link #cancel}
 * may be called by any thread; all else is confined to the thread that calls {@link #connect}.
 */
final class ConnectAttempt {

  /**
   * A login that succeeded; its session does not serve yet.
   *
   * @param connection carries the session
   * @param beganNanos when the handshake began: the offers must be answered within the same limit
   */
  record Login(Connection connection, OriginSession session, long beganNanos) {}

  private enum State {
    CONNECTING,
    LOGGED_IN,
    REDIALLED,
    CANCELLED
  }

  private static final String PORT_QUESTION = "is this the control port, or a port for visitors?";

  private final Access access;
  private final RemotePeer peer;
  private final Optional<OriginDialect.InstanceCheck> instances;
  private final Deadlines deadlines;

  /** Leaves CONNECTING once; the caller that changes it decides how the attempt ends. */
  private final AtomicReference<State> state = new AtomicReference<>(State.CONNECTING);

  private final Cancellation cancellation = new Cancellation();

  /** Whether the route is open; until then a refusal comes from the bounce server. */
  private boolean isConnected;

  /**
   * Creates an attempt that does nothing before {@link #connect}.
   *
   * @param instances checks the process of the remote proxy before the login has an effect there
   */
  ConnectAttempt(
      RemotePeer peer, Optional<OriginDialect.InstanceCheck> instances, Deadlines deadlines) {
    this.access = peer.access();
    this.peer = peer;
    this.instances = instances;
    this.deadlines = deadlines;
  }

  /** Returns the settings that it uses. */
  OriginSettings settings() {
    return access.settings();
  }

  /**
   * Dials and logs in.
   *
   * @throws IOException if that failed or was cancelled; {@link #outcome} classifies it
   */
  Login connect() throws IOException {
    Connection connection = dial();
    boolean isLoggedIn = false;
    try {
      isConnected = true;
      cancellation.onCancel(connection::close);
      long began = System.nanoTime();
      OriginSession session = handshake(connection);
      isLoggedIn = state.compareAndSet(State.CONNECTING, State.LOGGED_IN);
      if (!isLoggedIn) {
        throw new IOException("cancelled");
      }
      return new Login(connection, session, began);
    } finally {
      if (!isLoggedIn) {
        connection.close();
      }
    }
  }

  /** The port of visitors of a service that is not served may reset a connection at once. */
  private Connection dial() throws IOException {
    Route route = access.route();
    try {
      return route.connect(cancellation);
    } catch (IOException e) {
      throw route.isDirect() && Dialer.isReset(e) ? new IOException(asked(e), e) : e;
    }
  }

  private static String asked(IOException e) {
    return e.getMessage() + "; " + PORT_QUESTION;
  }

  private OriginSession handshake(Connection connection) throws IOException {
    Duration limit = access.settings().timeouts().handshake();
    var recorded = new RecordedStart(connection);
    try {
      return deadlines.callWithin(
          limit,
          connection::close,
          () -> "no handshake within " + Durations.of(limit) + timeoutHint(recorded),
          () -> login(recorded));
    } catch (IOException e) {
      throw peer.isInGroup() ? e : explained(e, recorded);
    }
  }

  private IOException explained(IOException e, RecordedStart recorded) {
    byte[] first = recorded.first();
    // The port of visitors of a service that is not served resets its connections.
    if (DialFailures.isEndWithoutBytes(e, first, recorded)) {
      return new IOException(asked(e), e);
    }
    OriginSettings settings = access.settings();
    TransportKind transport = settings.transport().kind(settings.secret().isPresent());
    IOException explained =
        DialFailures.explain(e, first, transport, access.dialect().expectedPort());
    if (explained instanceof ForeignServerException foreign
        && !access.dialect().isForeign(foreign.server())) {
      return e;
    }
    return explained instanceof UnknownAnswerException
        ? new ProtocolException(e.getMessage() + expectedPortQuestion())
        : explained;
  }

  private String expectedPortQuestion() {
    return "; is this " + access.dialect().expectedPort() + "?";
  }

  private OriginSession login(Connection connection) throws IOException {
    try {
      OriginDialect dialect = access.dialect();
      return instances.isPresent()
          ? dialect.login(connection, instances.get())
          : dialect.login(connection);
    } catch (ProtocolException e) {
      throw peer.isInGroup()
          ? new ProtocolException(e.getMessage() + "; it may be another origin proxy in the group")
          : e;
    } catch (ForeignServerException e) {
      throw peer.isInGroup() ? new ProtocolException(ofMember(e.server())) : e;
    }
  }

  /** Two origin proxies in one group receive each other's first bytes. */
  private static String ofMember(ForeignServer server) {
    return server == ForeignServer.ECHO
        ? "the other member sends what this side sends; it may be another origin proxy in the group"
        : "the other member of the group is " + server.description();
  }

  /** Public ports wait for their visitor to send, so silence is a sign of one. */
  private String timeoutHint(RecordedStart connection) {
    if (peer.isInGroup()) {
      return ": there may be no remote proxy in the group";
    }
    byte[] first = connection.first();
    if (first.length == 0) {
      return ": the peer sends nothing; " + PORT_QUESTION;
    }
    return access.dialect().canBeAnswer(first) ? "" : expectedPortQuestion();
  }

  /** Classifies an exception of {@link #connect}. */
  Outcome outcome(IOException cause) {
    return state.get() == State.REDIALLED
        ? new Outcome(Outcome.Kind.REDIALLED, "redialled", Duration.ZERO)
        : Outcome.failed(cause, isConnected, Duration.ZERO);
  }

  /** Ends the attempt so that another can begin; no effect once it has logged in. */
  void redial() {
    end(State.REDIALLED);
  }

  /** Ends the attempt; no effect once it has logged in. */
  void cancel() {
    end(State.CANCELLED);
  }

  private void end(State next) {
    if (state.compareAndSet(State.CONNECTING, next)) {
      cancellation.cancel();
    }
  }
}
