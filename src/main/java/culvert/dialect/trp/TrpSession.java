package culvert.dialect.trp;

import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.Durations;
import culvert.net.SilentPeerException;
import culvert.net.SourcePrefix;
import culvert.protocol.ByeReason;
import culvert.protocol.ProtocolException;
import culvert.session.ChannelSession;
import culvert.session.Offer;
import culvert.session.PendingChannel;
import culvert.session.PendingQueue;
import culvert.session.PendingStream;
import culvert.session.ServiceRegistry;
import culvert.session.Visitor;
import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * The remote side's control connection. Visitors wait in a queue, and each data connection is given
 * to the first one: data connections carry no id and are interchangeable.
 */
final class TrpSession extends ChannelSession {

  /**
   * Time for writing a line; an origin proxy that accepts none for that long is considered dead.
   */
  private static final Duration WRITE_LIMIT = Duration.ofSeconds(5);

  private static final String GONE = "the origin proxy is gone";

  private final String service;
  private final Deadlines deadlines;
  private final Consumer<TrpSession> onEnd;

  /** Serialises lines on the control connection; held for nothing else. */
  private final ReentrantLock writing = new ReentrantLock();

  private final PendingQueue waiting = new PendingQueue();
  private volatile boolean closed;
  private volatile boolean lost;

  TrpSession(Connection control, String service, Deadlines deadlines, Consumer<TrpSession> onEnd) {
    super(control);
    this.service = service;
    this.deadlines = deadlines;
    this.onEnd = onEnd;
  }

  /** Reads only to detect the end of the connection. */
  @Override
  public void serve(ServiceRegistry services) throws IOException {
    try {
      services.register(this, List.of(Offer.of(service)), false, answer -> {});
      throw control().input().read() >= 0
          ? new ProtocolException("unexpected bytes on the control connection")
          : new EOFException("the origin proxy closed its control connection");
    } catch (IOException e) {
      if (lost) {
        throw new SilentPeerException("the origin proxy opens no data connections any more");
      }
      if (!closed) {
        throw e;
      }
    } finally {
      // Before the next session may start, whose offer would otherwise be taken for this one's.
      services.withdraw(this, service);
      end();
    }
  }

  /**
   * Returns whether a data connection may be the origin proxy's: it comes from its IPv4 address or
   * its IPv6 /64 network. Any other connection would be given a visitor too.
   */
  boolean isPeerOf(Connection channel) {
    return SourcePrefix.of(channel.peer().getAddress())
        .equals(SourcePrefix.of(control().peer().getAddress()));
  }

  /** Gives the connection to the first visitor; returns false if no visitor waits. */
  boolean claim(Connection channel) {
    if (waiting.isEmpty()) {
      // A connection that belongs to no visitor does not count as activity of the origin proxy.
      return false;
    }
    Connection counted = channels().add(channel);
    boolean claimed = waiting.deliver(counted);
    if (!claimed) {
      channels().remove(counted);
    }
    return claimed;
  }

  @Override
  protected void endDrained() {
    close(ByeReason.STOPPING, "drained");
  }

  @Override
  protected void endUnresponsive() {
    lost = true;
    control().reset();
  }

  @Override
  public PendingStream open(Visitor visitor) throws IOException {
    var announced = new Announced(visitor);
    waiting.add(announced);
    return announced;
  }

  /** Waits until no visitor needs a data connection or the limit passes. */
  void awaitClaims(Duration limit) {
    waiting.awaitEmpty(limit);
  }

  private void announce(Visitor visitor) throws IOException {
    deadlines.callWithin(
        WRITE_LIMIT,
        control()::reset,
        "the origin proxy accepted no line within " + Durations.of(WRITE_LIMIT),
        () -> {
          writing.lock();
          try {
            control().output().write(AddressLines.of(visitor.address()));
          } finally {
            writing.unlock();
          }
          return null;
        });
  }

  /**
   * Keeps the control connection open: an origin proxy may exit when it closes, and cut its relays.
   */
  @Override
  public void drain() {
    waiting.close();
    channels().drain();
  }

  @Override
  public void abort() {
    closed = true;
    control().reset();
  }

  @Override
  public void close(ByeReason reason, String why) {
    closed = true;
    control().close();
  }

  private void end() {
    onEnd.accept(this);
    control().close();
    waiting.fail(GONE);
  }

  private final class Announced extends PendingChannel {
    private final Visitor visitor;

    Announced(Visitor visitor) {
      super(TrpSession.this);
      this.visitor = visitor;
    }

    @Override
    protected void request() throws IOException {
      announce(visitor);
    }

    @Override
    protected void remove() {
      waiting.remove(this);
    }
  }
}
