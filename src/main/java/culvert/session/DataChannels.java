package culvert.session;

import culvert.config.OriginSettings;
import culvert.config.ResourceLimits;
import culvert.net.Cancellation;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.Dialer;
import culvert.net.Durations;
import culvert.net.HostPort;
import culvert.net.LingeringClose;
import culvert.net.OpenSet;
import culvert.net.Threads;
import culvert.protocol.StreamRefusedReason;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * The data channels of an origin proxy whose protocol opens one for each visitor, from the
 * announcement of the visitor to its end.
 */
public final class DataChannels {

  /** Turns a new connection into a visitor's data channel. */
  @FunctionalInterface
  public interface Opener {
    /**
     * Sends the message that makes the connection the visitor's data channel.
     *
     * @return the connection to use from then on
     */
    Connection open(Connection fresh) throws IOException;
  }

  /** Receives a report for each visitor whose data channel could not be opened. */
  @FunctionalInterface
  public interface Failures {
    /**
     * Reports a failure; must not block for long.
     *
     * @param visitor the visitor's name in the protocol
     * @param remote the remote proxy that requested the channel
     */
    void failed(String visitor, HostPort remote, String cause);
  }

  private final Dialer dialer;
  private final Deadlines deadlines;
  private final Duration limit;
  private final ResourceLimits limits;
  private final Failures failures;

  /** Creates the part that all sessions share, with the values of the settings. */
  public DataChannels(
      OriginSettings settings, Dialer dialer, Deadlines deadlines, Failures failures) {
    this.dialer = dialer;
    this.deadlines = deadlines;
    this.limit = settings.connectTimeout();
    this.limits = settings.resourceLimits();
    this.failures = failures;
  }

  /**
   * Creates the data channels of one session.
   *
   * @param remote the address to which the control connection leads. Other addresses of the same
   *     name may belong to servers without this session.
   */
  public OfSession forSession(InetSocketAddress remote) {
    return new OfSession(HostPort.of(remote));
  }

  /**
   * The data channels that one session's remote proxy has requested. Each session has limits of its
   * own: a remote proxy that opens no data channels affects no other one.
   */
  public final class OfSession {
    private final HostPort remote;
    private final Semaphore visitors = new Semaphore(limits.streams());
    private final Semaphore dials = new Semaphore(limits.opens());
    private final OpenSet<Cancellation> openings = new OpenSet<>();

    private OfSession(HostPort remote) {
      this.remote = remote;
    }

    /**
     * Opens a visitor's data channel in a thread of its own; does not block.
     *
     * @param name the visitor's name in the protocol
     */
    public void open(String name, Visitor visitor, Opener opener, IncomingStream.Handler streams) {
      if (!visitors.tryAcquire()) {
        failures.failed(name, remote, "the limit of visitors is reached");
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
        failures.failed(name, remote, e.getMessage());
        return;
      }
      try {
        streams.handle(new Fetched(visitor, channel));
      } finally {
        // Has no effect once the relay has ended.
        channel.reset();
      }
    }

    private Connection channel(Opener opener) throws IOException {
      long began = System.nanoTime();
      var opening = new Cancellation();
      if (!openings.add(opening)) {
        throw new IOException("the session has ended");
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
      throw new IOException("other data channels took " + Durations.of(limit) + " to open");
    }

    private Connection open(Connection fresh, Opener opener, Cancellation opening, Duration left)
        throws IOException {
      boolean isOpen = false;
      opening.onCancel(fresh::close);
      try {
        Connection channel =
            deadlines.callWithin(
                left,
                fresh::close,
                remote + ": no data channel within " + Durations.of(limit),
                () -> opener.open(fresh));
        isOpen = true;
        return channel;
      } finally {
        if (!isOpen) {
          fresh.close();
        }
      }
    }

    /** Waits for the channels that are being opened, within the limit for each. */
    public void awaitOpened() {
      openings.awaitEmpty(limit);
    }

    /** Cancels the channels that are being opened; open ones are not affected. */
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

    /** Does nothing: the protocol has no such message. */
    @Override
    public void accept() {}

    /**
     * Closes the channel, so that the visitor reads an end. A reset could overtake the message that
     * opened the channel, and the visitor would wait until the remote proxy's timeout.
     */
    @Override
    public void refuse(StreamRefusedReason reason, String why) {
      LingeringClose.sendAndClose(channel, new byte[0], deadlines);
    }
  }
}
