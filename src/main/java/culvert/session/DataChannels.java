package culvert.session;

import culvert.config.OriginSettings;
import culvert.net.Cancellation;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.Dialer;
import culvert.net.Durations;
import culvert.net.HostPort;
import culvert.net.KeepAlive;
import culvert.net.LingeringClose;
import culvert.net.OpenSet;
import culvert.net.Threads;
import culvert.protocol.RefusedReason;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * The data channels of an origin side whose wire has one for each visitor, from the announcement of
 * the visitor to its end.
 */
public final class DataChannels {

  /** What a fresh connection must say to be a visitor's data channel. */
  @FunctionalInterface
  public interface Opener {
    /**
     * Says it.
     *
     * @return the connection to use from now on
     */
    Connection open(Connection fresh) throws IOException;
  }

  /** Hears of each visitor that came to nothing. */
  @FunctionalInterface
  public interface Failures {
    /** A visitor, as the dialect calls it, and why; must not block for long. */
    void failed(String visitor, String cause);
  }

  private final Dialer dialer;
  private final Deadlines deadlines;
  private final Duration limit;
  private final Semaphore visitors;
  private final Semaphore dials;
  private final Failures failures;

  /** None yet; there will be as many at a time as the settings say. */
  public DataChannels(
      OriginSettings settings, Dialer dialer, Deadlines deadlines, Failures failures) {
    this.dialer = dialer;
    this.deadlines = deadlines;
    this.limit = settings.connectTimeout();
    this.visitors = new Semaphore(settings.bounds().streams());
    this.dials = new Semaphore(settings.bounds().opens());
    this.failures = failures;
  }

  /**
   * Those of one session.
   *
   * @param remote the very address that the control connection leads to: its name may have others,
   *     which know nothing of this session
   */
  public OfSession forSession(InetSocketAddress remote) {
    return new OfSession(HostPort.of(remote));
  }

  /** The data channels that one session's remote proxy has asked for. */
  public final class OfSession {
    private final HostPort remote;
    private final OpenSet<Cancellation> openings = new OpenSet<>();

    private OfSession(HostPort remote) {
      this.remote = remote;
    }

    /**
     * Fetches a visitor, in a thread of its own; does not wait.
     *
     * @param name what the dialect calls the visitor
     */
    public void open(String name, Visitor visitor, Opener opener, IncomingStream.Handler streams) {
      if (!visitors.tryAcquire()) {
        failures.failed(name, "too many visitors are here already");
        return;
      }
      Threads.start(
          "visitor " + name + " for " + visitor.service(),
          () -> {
            try {
              fetch(name, visitor, opener, streams);
            } finally {
              visitors.release();
            }
          });
    }

    private void fetch(
        String name, Visitor visitor, Opener opener, IncomingStream.Handler streams) {
      Connection channel;
      try {
        channel = channel(opener);
      } catch (IOException e) {
        failures.failed(name, e.getMessage());
        return;
      }
      try {
        streams.handle(new Fetched(visitor, channel));
      } finally {
        // Nothing happens to one whose relay has ended.
        channel.reset();
      }
    }

    private Connection channel(Opener opener) throws IOException {
      long began = System.nanoTime();
      var opening = new Cancellation();
      if (!openings.add(opening)) {
        throw new IOException("the session is over");
      }
      try {
        awaitTurn();
        try {
          Connection fresh = dialer.connect(remote, limit, opening);
          return open(fresh, opener, opening, limit.minusNanos(System.nanoTime() - began));
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

    private Connection open(Connection fresh, Opener opener, Cancellation opening, Duration left)
        throws IOException {
      boolean there = false;
      opening.onCancel(fresh::close);
      try {
        KeepAlive.SLOW.applyTo(fresh);
        Connection channel =
            deadlines.callWithin(
                left,
                fresh::close,
                remote + ": no data channel within " + Durations.of(limit),
                () -> opener.open(fresh));
        there = true;
        return channel;
      } finally {
        if (!there) {
          fresh.close();
        }
      }
    }

    /** Waits for those that are being opened, for as long as each may take. */
    public void awaitOpened() {
      openings.awaitEmpty(limit);
    }

    /** Gives up those that are being opened; those that stand live on. */
    public void cancelOpening() {
      openings.closeAll(Cancellation::cancel);
    }
  }

  private final class Fetched implements IncomingStream {
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
    public void accept() {}

    /**
     * The visitor sees an end. A reset could overtake what opened the channel, and then the visitor
     * would wait until the remote proxy loses patience.
     */
    @Override
    public void refuse(RefusedReason reason, String why) {
      LingeringClose.sendAndClose(channel, new byte[0], deadlines);
    }
  }
}
