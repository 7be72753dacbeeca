package culvert.compat.bore;

import culvert.config.OriginSettings;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.Dialer;
import culvert.net.Durations;
import culvert.net.HostPort;
import culvert.net.Linger;
import culvert.net.Live;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.observe.LimitedLog;
import culvert.protocol.RefusedReason;
import culvert.session.Incoming;
import culvert.session.OriginSession;
import culvert.session.Visitor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** A client's data channels, each with a visitor from the announcement to its end. */
final class OriginChannels {

  private final ServerTalk talk;
  private final Dialer dialer;
  private final Deadlines deadlines;
  private final Duration limit;
  private final Semaphore visitors;
  private final Semaphore dials;
  private final Counters counters;
  private final LimitedLog<String> log;

  /** None yet; there will be as many at a time as the settings say. */
  OriginChannels(
      OriginSettings settings,
      ServerTalk talk,
      Dialer dialer,
      Deadlines deadlines,
      Counters counters,
      LimitedLog<String> log) {
    this.talk = talk;
    this.dialer = dialer;
    this.deadlines = deadlines;
    this.limit = settings.connectTimeout();
    this.visitors = new Semaphore(settings.bounds().streams());
    this.dials = new Semaphore(settings.bounds().opens());
    this.counters = counters;
    this.log = log;
  }

  /**
   * Those of one session.
   *
   * @param server the very address that the control connection leads to: its name may have others,
   *     which know nothing of this session
   */
  OfSession ofSession(InetSocketAddress server) {
    return new OfSession(HostPort.of(server));
  }

  /** The data channels that one session's server has asked for. */
  final class OfSession {
    private final HostPort server;
    private final Live<Opening> openings = new Live<>();

    private OfSession(HostPort server) {
      this.server = server;
    }

    /** Fetches a visitor, in a thread of its own; does not wait. */
    void open(UUID id, String service, HostPort reached, OriginSession.Listener listener) {
      if (!visitors.tryAcquire()) {
        failed(id, "too many visitors are here already");
        return;
      }
      Thread.ofVirtual()
          .name("visitor " + id + " for " + service)
          .start(() -> {
            try {
              fetch(new Visitor(service, named(id.toString()), named(reached)), id, listener);
            } finally {
              visitors.release();
            }
          });
    }

    private void fetch(Visitor visitor, UUID id, OriginSession.Listener listener) {
      Connection channel;
      try {
        channel = channel(id);
      } catch (IOException e) {
        failed(id, e.getMessage());
        return;
      }
      try {
        listener.visitor(new Fetched(visitor, channel));
      } finally {
        // Nothing happens to one whose relay has ended.
        channel.reset();
      }
    }

    private Connection channel(UUID id) throws IOException {
      long began = System.nanoTime();
      var opening = new Opening();
      if (!openings.add(opening)) {
        throw new IOException("the session is over");
      }
      try {
        awaitTurn();
        try {
          Connection fresh = dialer.connect(server, limit, opening::endWith);
          return accept(fresh, id, opening, limit.minusNanos(System.nanoTime() - began));
        } finally {
          dials.release();
        }
      } finally {
        openings.remove(opening);
      }
    }

    private void awaitTurn() throws IOException {
      try {
        if (dials.tryAcquire(limit.toNanos(), TimeUnit.NANOSECONDS)) {
          return;
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      throw new IOException("other data channels took " + Durations.of(limit) + " to come");
    }

    private Connection accept(Connection fresh, UUID id, Opening opening, Duration left)
        throws IOException {
      boolean there = false;
      opening.endWith(fresh::close);
      try {
        Connection channel =
            deadlines.within(
                left,
                fresh::close,
                server + ": no data channel within " + Durations.of(limit),
                () -> talk.accept(fresh, id));
        there = true;
        return channel;
      } finally {
        if (!there) {
          fresh.close();
        }
      }
    }

    /** Waits for those that are being opened, for as long as each may take. */
    void await() {
      openings.awaitEmpty(limit);
    }

    /** Gives up those that are being opened; those that stand live on. */
    void end() {
      openings.end(Opening::end);
    }
  }

  private void failed(UUID visitor, String cause) {
    counters.count(Counter.OPENS_FAILED);
    log.warn("channel", "no data channel for a visitor", "visitor", visitor, "cause", cause);
  }

  private static InetSocketAddress named(String name) {
    return InetSocketAddress.createUnresolved(name, 0);
  }

  private static InetSocketAddress named(HostPort address) {
    return InetSocketAddress.createUnresolved(address.host(), address.port());
  }

  /** A data channel on its way. */
  private static final class Opening {
    private volatile Runnable end = () -> {};
    private volatile boolean ended;

    void endWith(Runnable action) {
      end = action;
      if (ended) {
        action.run();
      }
    }

    void end() {
      ended = true;
      end.run();
    }
  }

  private final class Fetched implements Incoming {
    private final Visitor visitor;
    private final Connection channel;

    Fetched(Visitor visitor, Connection channel) {
      this.visitor = visitor;
      this.channel = channel;
    }

    @Override
    public Visitor visitor() {
      return visitor;
    }

    @Override
    public Connection connection() {
      return channel;
    }

    /** The wire has no word for it. */
    @Override
    public void accepted() {}

    /**
     * The visitor sees an end. A reset could overtake the Accept, and then the visitor would wait
     * until the server loses patience.
     */
    @Override
    public void refused(RefusedReason reason, String why) {
      Linger.afterWords(channel, new byte[0], deadlines);
    }
  }
}
