package culvert.bounce.console;

import static culvert.observe.LogEvent.event;

import culvert.bounce.server.BounceAdmin;
import culvert.bounce.server.StopRequest;
import culvert.config.BounceAuthentication;
import culvert.net.BufferPool;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.Durations;
import culvert.net.HandshakeLimiter;
import culvert.net.HostPort;
import culvert.net.KeepAlive;
import culvert.net.LingeringClose;
import culvert.net.Listener;
import culvert.net.OpenSet;
import culvert.net.SocketConnection;
import culvert.net.SourcePrefix;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.observe.LimitedLog;
import culvert.observe.Log;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * The console at a TCP address, for a bounce server that runs in the background. Serves one session
 * at a time. If the address is not a loopback address, the client must first send the
 * authentication string.
 */
public final class ConsoleServer implements AutoCloseable, Listener.Handler<SocketConnection> {

  /**
   * Time from the connection to the session. It is long because a person types the authentication
   * string.
   */
  private static final Duration LOGIN_TIMEOUT = Duration.ofSeconds(30);

  /** Time to wait for a session that has just ended to release its place. */
  private static final Duration SESSION_WAIT = Duration.ofMillis(250);

  /** Delay before a wrong authentication string is answered. */
  private static final Duration WRONG_STRING_DELAY = Duration.ofSeconds(1);

  /** Maximum time between two commands, so that a forgotten session does not block others. */
  private static final Duration IDLE_TIMEOUT = Duration.ofHours(1);

  /** Maximum time to write an answer to a client that does not read. */
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(30);

  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(3);
  private static final int MAX_LOGINS = 256;

  /** Lines about the consoles of one source in a period. */
  private static final int MAX_SESSION_LINES = 10;

  private static final int MAX_LOGINS_PER_SOURCE = 4;

  private final Commands commands;
  private final MemberEventLog events;
  private final ConsoleAccess access;
  private final Log log;
  private final LimitedLog<SourcePrefix> rejections;
  private final LimitedLog<SourcePrefix> sessions;
  private final Deadlines deadlines = new Deadlines();
  private final HandshakeLimiter logins;

  /** Held by the session being served. */
  private final Semaphore session = new Semaphore(1);

  private final CountDownLatch closed = new CountDownLatch(1);
  private final OpenSet<Connection> connections = new OpenSet<>();
  private Listener listener;

  private ConsoleServer(
      Commands commands,
      MemberEventLog events,
      ConsoleAccess access,
      Duration logPeriod,
      Counters counters,
      Log log) {
    this.commands = commands;
    this.events = events;
    this.access = access;
    this.log = log;
    this.sessions = new LimitedLog<>(log, counters, MAX_SESSION_LINES, logPeriod);
    this.rejections = new LimitedLog<>(log, counters, 1, logPeriod);
    this.logins =
        new HandshakeLimiter(
            MAX_LOGINS,
            MAX_LOGINS_PER_SOURCE,
            LOGIN_TIMEOUT,
            deadlines,
            counters.adder(Counter.SLOW_HANDSHAKES),
            counters.adder(Counter.HALF_OPEN_DROPPED));
  }

  /**
   * Binds the address and starts serving.
   *
   * @param authentication required of every client if the address is not a loopback address
   * @param stop announced and begun by the stop command
   * @throws IOException if the address cannot be bound; the message names it
   * @throws IllegalArgumentException if the address is not a loopback address and the
   *     authentication string is missing or cannot be typed
   */
  public static ConsoleServer start(
      HostPort where,
      Optional<BounceAuthentication> authentication,
      BounceAdmin admin,
      MemberEventLog events,
      StopRequest stop,
      Duration logPeriod,
      Counters counters,
      Log log)
      throws IOException {
    var server =
        new ConsoleServer(
            new Commands(admin, events, stop),
            events,
            new ConsoleAccess(where, authentication),
            logPeriod,
            counters,
            log);
    server.listener = Listener.bind(where, "console", new BufferPool(), server);
    server.listener.start();
    return server;
  }

  /**
   * Prepares the use of another authentication string.
   *
   * @return the action that applies it to connections accepted from then on
   * @throws IllegalArgumentException as {@link #start} does
   */
  public Runnable prepareReload(Optional<BounceAuthentication> changed) {
    return access.prepareReload(changed);
  }

  /** Returns the address that was bound. */
  public HostPort address() {
    return HostPort.of(listener.address());
  }

  @Override
  public void acceptFailed(IOException cause, Duration pause, boolean first) {
    if (first) {
      log.warn(
          event("console accept failed")
              .with("cause", cause.getMessage())
              .with("pause", Durations.of(pause)));
    }
  }

  @Override
  public boolean canUseReserve() {
    return true;
  }

  @Override
  public void handle(SocketConnection connection) {
    if (!connections.add(connection)) {
      connection.reset();
      return;
    }
    var slot =
        logins.acquire(
            SourcePrefix.of(connection.peer().getAddress()), reason -> connection.close());
    try {
      serveAfterLogin(connection, slot);
    } catch (IOException e) {
      // The client or a timeout closed the connection; the finally blocks release its slots.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | Error e) {
      log.bug("internal error in a console session", e);
    } finally {
      slot.release();
      connections.remove(connection);
      connection.close();
    }
  }

  private void serveAfterLogin(SocketConnection connection, HandshakeLimiter.Slot slot)
      throws IOException, InterruptedException {
    KeepAlive.NORMAL.applyTo(connection);
    var in = new LineReader(connection.input());
    boolean isGranted = access.isGranted(connection, in);
    if (isGranted && access.isLimited()) {
      slot.setVerified();
    }
    if (!isGranted) {
      closed.await(WRONG_STRING_DELAY.toMillis(), TimeUnit.MILLISECONDS);
      rejections.warn(
          SourcePrefix.of(connection.peer().getAddress()),
          event("console rejected")
              .with("peer", HostPort.of(connection.peer()))
              .with("cause", "wrong authentication string"));
      sendAndClose(connection, "wrong authentication string");
    } else if (!session.tryAcquire(SESSION_WAIT.toMillis(), TimeUnit.MILLISECONDS)) {
      sendAndClose(connection, "another console is connected; only one is served at a time");
    } else {
      slot.release();
      try {
        serve(connection, in);
      } finally {
        session.release();
      }
      // Lingers, so that the last answer arrives even if the client has sent unread bytes.
      LingeringClose.sendAndClose(connection, new byte[0], deadlines);
    }
  }

  private void serve(SocketConnection connection, LineReader in) throws IOException {
    HostPort peer = HostPort.of(connection.peer());
    var source = SourcePrefix.of(connection.peer().getAddress());
    sessions.info(source, event("console connected").with("peer", peer));
    var timeout = new SessionTimeout(connection);
    try (var out = new ConsoleOutput(connection.output())) {
      events.attach(out::enqueue, false);
      new Console(commands, Optional.empty(), in, out, timeout).run();
    } finally {
      timeout.end();
      events.detach();
      sessions.info(source, event("console disconnected").with("peer", peer));
    }
  }

  private void sendAndClose(Connection connection, String text) {
    LingeringClose.sendAndClose(
        connection, (text + "\n").getBytes(StandardCharsets.UTF_8), deadlines);
  }

  /** Closes the connection if a command does not arrive, or an answer is not read, in time. */
  private final class SessionTimeout implements Console.Progress {
    private final Connection connection;
    private Deadlines.Deadline deadline = () -> {};

    SessionTimeout(Connection connection) {
      this.connection = connection;
    }

    @Override
    public void awaitingCommand() {
      limit(IDLE_TIMEOUT);
    }

    @Override
    public void answering() {
      limit(ANSWER_TIMEOUT);
    }

    private void limit(Duration limit) {
      deadline.cancel();
      deadline = deadlines.after(limit, connection::close);
    }

    void end() {
      deadline.cancel();
    }
  }

  /** Stops accepting and ends the current session. */
  @Override
  public void close() {
    listener.close();
    closed.countDown();
    connections.closeAll(Connection::close);
    connections.awaitEmpty(CLOSE_TIMEOUT);
    deadlines.close();
  }
}
