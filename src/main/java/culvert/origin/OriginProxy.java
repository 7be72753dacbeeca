package culvert.origin;

import culvert.config.OriginSettings;
import culvert.config.Secret;
import culvert.config.ServiceAddress;
import culvert.mux.Budget;
import culvert.mux.Leg;
import culvert.net.BufferPool;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.Dialer;
import culvert.net.Durations;
import culvert.net.HostPort;
import culvert.net.SocketConnection;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.observe.Log;
import culvert.protocol.ByeReason;
import culvert.protocol.RefusedException;
import culvert.session.Incoming;
import culvert.session.NativeDialect;
import culvert.session.OriginSession;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * The origin-proxy role: keeps a session with its remote proxy and carries every visitor's stream
 * to the service's origin server.
 */
public final class OriginProxy implements AutoCloseable {

  /** How {@link #run} ended. */
  public enum End {
    /** By {@link #close}. */
    CLOSED,
    /** The remote proxy could not be reached or was lost, and settings said to give up then. */
    UNREACHABLE,
    /** The remote proxy refused the secret, or could not prove it knows it. */
    CREDENTIALS,
    /** The remote proxy declined a service. */
    DECLINED
  }

  private static final int STREAMS_GRANTED = 65_536;

  private final OriginSettings settings;
  private final Consumer<String> announce;
  private final Log log;
  private final Deadlines deadlines = new Deadlines();
  private final BufferPool pool = new BufferPool();
  private final Counters counters = new Counters();
  private final Budget budget = Budget.ofProcess(counters.adder(Counter.STREAMS_NOT_DRAINED));
  private final Dialer dialer = new Dialer(pool);
  private final NativeDialect dialect;
  private final StreamHandler streams;
  private final ExecutorService announcer =
      Executors.newSingleThreadExecutor(Thread.ofVirtual().name("announcer").factory());
  private final CountDownLatch closed = new CountDownLatch(1);
  private final AtomicBoolean declined = new AtomicBoolean();
  private volatile boolean joined;

  /** Ends whatever the current attempt is waiting for. */
  private volatile Runnable endAttempt = () -> {};

  /**
   * An origin proxy that does nothing before {@link #run}.
   *
   * @param announce hears a line for every public address at each login
   */
  public OriginProxy(OriginSettings settings, Consumer<String> announce, Log log) {
    this.settings = settings;
    this.announce = announce;
    this.log = log;
    var self = NativeDialect.self(STREAMS_GRANTED, settings.secret().map(Secret::key));
    var late = counters.adder(Counter.LATE_FRAMES);
    this.dialect = new NativeDialect(self, new Leg.Shared(pool, budget, deadlines, late));
    this.streams = new StreamHandler(settings, dialer, deadlines, counters, log);
  }

  /** Joins, serves, and joins again, until closed or until settings say to give up. */
  public End run() {
    try {
      var backoff = new Backoff();
      while (!isClosed()) {
        long began = System.nanoTime();
        End end = attempt();
        if (end != End.UNREACHABLE || settings.failFast()) {
          return isClosed() ? End.CLOSED : end;
        }
        Duration pause = backoff.next(System.nanoTime() - began);
        log.info("trying again", "in", Durations.of(pause));
        awaitClosed(pause);
      }
      return End.CLOSED;
    } finally {
      streams.close();
      deadlines.close();
      announcer.shutdown();
    }
  }

  private End attempt() {
    HostPort remote = settings.remoteProxy();
    boolean standing = false;
    try (SocketConnection connection =
        dialer.connect(remote, settings.connectTimeout(), this::endWith)) {
      endWith(connection::close);
      OriginSession session = join(connection);
      endWith(session::close);
      counters.count(Counter.SESSIONS);
      log.info("session begins", "remote_proxy", HostPort.of(connection.peer()));
      joined = true;
      standing = true;
      session.serve(serviceNames(), new Events(session));
      return declined.get() ? End.DECLINED : End.CLOSED;
    } catch (RefusedException e) {
      log.warn("remote proxy ended the session", "remote_proxy", remote, "cause", e.getMessage());
      boolean forGood = e.reason() == ByeReason.CREDENTIALS && !joined;
      return forGood ? End.CREDENTIALS : End.UNREACHABLE;
    } catch (IOException e) {
      if (!isClosed()) {
        String event = standing ? "session lost" : "cannot join the remote proxy";
        log.warn(event, "remote_proxy", remote, "cause", e.getMessage());
      }
      return End.UNREACHABLE;
    } catch (RuntimeException e) {
      log.bug("the session met a bug", e);
      return End.UNREACHABLE;
    } finally {
      endAttempt = () -> {};
    }
  }

  private void endWith(Runnable action) {
    endAttempt = action;
    if (isClosed()) {
      action.run();
    }
  }

  private List<String> serviceNames() {
    return settings.services().stream().map(ServiceAddress::service).toList();
  }

  private OriginSession join(Connection c) throws IOException {
    var late = new AtomicBoolean();
    var deadline =
        deadlines.after(
            settings.handshakeTimeout(),
            () -> {
              late.set(true);
              c.close();
            });
    try {
      return dialect.join(c);
    } catch (IOException e) {
      throw late.get()
          ? new IOException("no handshake within " + Durations.of(settings.handshakeTimeout()), e)
          : e;
    } finally {
      deadline.cancel();
    }
  }

  /** What a session tells; all but visitors come from the leg's reader, which must not wait. */
  private final class Events implements OriginSession.Listener {
    private final OriginSession session;

    Events(OriginSession session) {
      this.session = session;
    }

    @Override
    public void taken(String service, List<HostPort> addresses) {
      for (HostPort address : addresses) {
        String line = service + "=" + reachable(address);
        // Standard output may be a pipe that nobody empties; the leg's reader must not wait for it.
        announcer.execute(() -> announce.accept(line));
      }
    }

    @Override
    public void declined(String service, String why) {
      log.error("service declined", "service", service, "cause", why);
      declined.set(true);
      session.close();
    }

    @Override
    public void visitor(Incoming incoming) {
      streams.handle(incoming);
    }
  }

  /** A wildcard tells a person nothing: the host we reached the remote proxy by does. */
  private HostPort reachable(HostPort address) {
    boolean wildcard = address.host().equals("0.0.0.0") || address.host().equals("::");
    return wildcard ? new HostPort(settings.remoteProxy().host(), address.port()) : address;
  }

  private boolean isClosed() {
    return closed.getCount() == 0;
  }

  private void awaitClosed(Duration limit) {
    try {
      closed.await(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      closed.countDown();
    }
  }

  /** What was counted so far. */
  public Counters counters() {
    return counters;
  }

  /** Bytes that all streams hold now. */
  public long heldBytes() {
    return budget.held();
  }

  /** How many large buffers are in use now. */
  public int borrowedBuffers() {
    return pool.borrowed();
  }

  /** Ends the session and resets every stream; {@link #run} returns soon. */
  @Override
  public void close() {
    closed.countDown();
    endAttempt.run();
  }
}
