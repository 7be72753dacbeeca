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
 * The console at a TCP address, for a bounce server in the background: one session at a time. Where
 * others than this machine reach it, it first asks for the authentication string.
 */
public final class ConsoleServer implements AutoCloseable, Listener.Handler {

  /** From a connection to a session; a person types the authentication string. */
  private static final Duration ENTRY_LIMIT = Duration.ofSeconds(30);

  /** For the place of a session that has just ended. */
  private static final Duration PLACE_LIMIT = Duration.ofMillis(250);

  /** Before a wrong authentication string is answered. */
  private static final Duration WRONG_PAUSE = Duration.ofSeconds(1);

  /** Between two commands: a session that was forgotten must not keep the place for ever. */
  private static final Duration IDLE_LIMIT = Duration.ofHours(1);

  /** For an answer that is not read. */
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(30);

  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(3);
  private static final int MAX_ENTERING = 16;
  private static final int MAX_ENTERING_OF_SOURCE = 4;

  private final Commands commands;
  private final MemberEventLog events;
  private final Optional<BounceAuthentication> authentication;
  private final Log log;
  private final LimitedLog<SourcePrefix> complaints;
  private final Deadlines deadlines = new Deadlines();
  private final HandshakeLimiter entering;
  private final Semaphore place = new Semaphore(1);
  private final CountDownLatch closed = new CountDownLatch(1);
  private final OpenSet<Connection> connections = new OpenSet<>();
  private Listener listener;

  private ConsoleServer(
      Commands commands,
      MemberEventLog events,
      Optional<BounceAuthentication> authentication,
      Duration logPeriod,
      Counters counters,
      Log log) {
    this.commands = commands;
    this.events = events;
    this.authentication = authentication;
    this.log = log;
    this.complaints = new LimitedLog<>(log, counters, 1, logPeriod);
    this.entering =
        new HandshakeLimiter(
            MAX_ENTERING,
            MAX_ENTERING_OF_SOURCE,
            ENTRY_LIMIT,
            deadlines,
            counters.adder(Counter.SLOW_HANDSHAKES),
            counters.adder(Counter.HALF_OPEN_DROPPED));
  }

  /**
   * Binds the address and begins to serve.
   *
   * @param authentication asked of everybody where others than this machine reach the address
   * @param stop is told by the command of that name
   * @throws IOException naming the address, if it cannot be bound
   * @throws IllegalArgumentException if it is no loopback address, and there is no authentication
   *     string to ask for, or one that nobody can type
   */
  public static ConsoleServer start(
      HostPort where,
      Optional<BounceAuthentication> authentication,
      BounceAdmin operations,
      MemberEventLog events,
      StopRequest stop,
      Duration logPeriod,
      Counters counters,
      Log log)
      throws IOException {
    boolean isLocal = where.resolve().getFirst().isLoopbackAddress();
    if (!isLocal) {
      check(where, authentication);
    }
    var server =
        new ConsoleServer(
            new Commands(operations, events, stop),
            events,
            isLocal ? Optional.empty() : authentication,
            logPeriod,
            counters,
            log);
    server.listener = Listener.bind(where, "console", new BufferPool(), server);
    server.listener.start();
    return server;
  }

  private static void check(HostPort where, Optional<BounceAuthentication> authentication) {
    String so = "--console-addr " + where + " is no loopback address: others could stop the server";
    if (authentication.isEmpty()) {
      throw new IllegalArgumentException(
          so + ", so it needs an authentication string; set --auth, --auth-file or CULVERT_AUTH");
    }
    for (byte b : authentication.get().bytes()) {
      if (b == '\n' || b == '\r') {
        throw new IllegalArgumentException(
            so + ", and the authentication string has a line end, so that nobody can type it");
      }
    }
  }

  /** The address that was bound. */
  public HostPort address() {
    return HostPort.of(listener.address());
  }

  @Override
  public void acceptFailed(IOException cause, Duration pause, boolean first) {
    if (first) {
      log.warn(
          event("cannot accept consoles for a moment")
              .with("cause", cause.getMessage())
              .with("pause", Durations.of(pause)));
    }
  }

  @Override
  public void handle(SocketConnection connection) {
    if (!connections.add(connection)) {
      connection.reset();
      return;
    }
    var entry =
        entering.acquire(
            SourcePrefix.of(connection.peer().getAddress()), reason -> connection.close());
    try {
      enter(connection, entry);
    } catch (IOException e) {
      // It hung up, or its time was up: the place is free again.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | Error e) {
      log.bug("a console met a bug", e);
    } finally {
      entry.release();
      connections.remove(connection);
      connection.close();
    }
  }

  private void enter(SocketConnection connection, HandshakeLimiter.Slot entry)
      throws IOException, InterruptedException {
    KeepAlive.NORMAL.applyTo(connection);
    var in = new LineReader(connection.input());
    if (!authenticated(connection, in)) {
      closed.await(WRONG_PAUSE.toMillis(), TimeUnit.MILLISECONDS);
      complaints.warn(
          SourcePrefix.of(connection.peer().getAddress()),
          event("console refused")
              .with("peer", HostPort.of(connection.peer()))
              .with("cause", "wrong authentication string"));
      sayLast(connection, "that is not the authentication string");
    } else if (!place.tryAcquire(PLACE_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
      sayLast(connection, "another console is connected, and there can be one at a time");
    } else {
      entry.release();
      try {
        serve(connection, in);
      } finally {
        place.release();
      }
      // The last answer reaches the peer also if it has sent more than was read.
      LingeringClose.sendAndClose(connection, new byte[0], deadlines);
    }
  }

  private boolean authenticated(Connection connection, LineReader in) throws IOException {
    if (authentication.isEmpty()) {
      return true;
    }
    connection.output().write("authentication string: ".getBytes(StandardCharsets.UTF_8));
    var line =
        in.next(BounceAuthentication.MAX_BYTES).orElseThrow(() -> new IOException("hung up"));
    return !line.isCut() && authentication.get().matches(line.bytes());
  }

  private void serve(SocketConnection connection, LineReader in) throws IOException {
    HostPort peer = HostPort.of(connection.peer());
    log.info(event("console connected").with("peer", peer));
    var patience = new Patience(connection);
    try (var out = new ConsoleOutput(connection.output())) {
      events.attach(out::enqueue, false);
      new Console(commands, Optional.empty(), in, out, patience).run();
    } finally {
      patience.end();
      events.detach();
      log.info(event("console disconnected").with("peer", peer));
    }
  }

  private void sayLast(Connection connection, String words) {
    LingeringClose.sendAndClose(
        connection, (words + "\n").getBytes(StandardCharsets.UTF_8), deadlines);
  }

  /** Closes the connection of a session that waits too long, for commands or to be read. */
  private final class Patience implements Console.Progress {
    private final Connection connection;
    private Deadlines.Deadline deadline = () -> {};

    Patience(Connection connection) {
      this.connection = connection;
    }

    @Override
    public void awaitingCommand() {
      limit(IDLE_LIMIT);
    }

    @Override
    public void answering() {
      limit(ANSWER_LIMIT);
    }

    private void limit(Duration limit) {
      deadline.cancel();
      deadline = deadlines.after(limit, connection::close);
    }

    void end() {
      deadline.cancel();
    }
  }

  /** Stops accepting and ends the session that there is. */
  @Override
  public void close() {
    listener.close();
    closed.countDown();
    connections.closeAll(Connection::close);
    connections.awaitEmpty(CLOSE_LIMIT);
    deadlines.close();
  }
}
