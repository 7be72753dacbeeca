package culvert.dialect.trp;

import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.Durations;
import culvert.net.SilentPeerException;
import culvert.net.SourcePrefix;
import culvert.protocol.ByeReason;
import culvert.protocol.ProtocolException;
import culvert.session.Offer;
import culvert.session.OpenChannels;
import culvert.session.PendingStream;
import culvert.session.ServiceRegistry;
import culvert.session.Session;
import culvert.session.Visitor;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * The remote side's control connection. Visitors wait in a queue, and each data connection is given
 * to the first one: data connections carry no id and are interchangeable.
 */
final class TrpSession implements Session {

  /**
   * Time for writing a line; an origin proxy that accepts none for that long is considered dead.
   */
  private static final Duration WRITE_LIMIT = Duration.ofSeconds(5);

  private static final String GONE = "the origin proxy is gone";

  private final Connection control;
  private final String service;
  private final Deadlines deadlines;
  private final Consumer<TrpSession> onEnd;

  /** Serialises lines on the control connection; held for nothing else. */
  private final ReentrantLock writing = new ReentrantLock();

  private final OpenChannels channels =
      new OpenChannels(() -> close(ByeReason.STOPPING, "drained"));

  private final WaitingVisitors waiting = new WaitingVisitors();
  private volatile boolean closed;
  private volatile boolean lost;

  TrpSession(Connection control, String service, Deadlines deadlines, Consumer<TrpSession> onEnd) {
    this.control = control;
    this.service = service;
    this.deadlines = deadlines;
    this.onEnd = onEnd;
  }

  @Override
  public InetSocketAddress peer() {
    return control.peer();
  }

  /** Reads only to detect the end of the connection. */
  @Override
  public void serve(ServiceRegistry services) throws IOException {
    try {
      services.register(this, List.of(Offer.of(service)), false, answer -> {});
      throw control.input().read() >= 0
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
        .equals(SourcePrefix.of(control.peer().getAddress()));
  }

  /** Gives the connection to the first visitor; returns false if no visitor waits. */
  boolean claim(Connection channel) {
    if (waiting.isEmpty()) {
      // A connection that belongs to no visitor does not count as activity of the origin proxy.
      return false;
    }
    Connection counted = channels.add(channel);
    boolean claimed = waiting.deliver(counted);
    if (!claimed) {
      channels.remove(counted);
    }
    return claimed;
  }

  /** Handles a visitor without a data connection, and ends the session of a dead origin proxy. */
  private void unclaimed(long announced) {
    if (channels.isUnusedSince(announced)) {
      lost = true;
      control.reset();
    }
  }

  @Override
  public PendingStream open(Visitor visitor) throws IOException {
    return new Announced(visitor, waiting.add());
  }

  /** Waits until no visitor needs a data connection or the limit passes. */
  void awaitClaims(Duration limit) {
    waiting.awaitEmpty(limit);
  }

  private void announce(Visitor visitor) throws IOException {
    deadlines.callWithin(
        WRITE_LIMIT,
        control::reset,
        "the origin proxy accepted no line within " + Durations.of(WRITE_LIMIT),
        () -> {
          writing.lock();
          try {
            control.output().write(AddressLines.of(visitor.address()));
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
    channels.drain();
  }

  @Override
  public void abort() {
    closed = true;
    control.reset();
  }

  @Override
  public void close(ByeReason reason, String why) {
    closed = true;
    control.close();
  }

  private void end() {
    onEnd.accept(this);
    control.close();
    waiting.fail(GONE);
  }

  private final class Announced implements PendingStream {
    private final Visitor visitor;
    private final CompletableFuture<Connection> channel;
    private volatile boolean cancelled;

    Announced(Visitor visitor, CompletableFuture<Connection> channel) {
      this.visitor = visitor;
      this.channel = channel;
    }

    @Override
    public Optional<Connection> early() {
      return Optional.empty();
    }

    /**
     * The protocol does not report whether the origin server accepted; a data connection counts as
     * accepted.
     */
    @Override
    public Outcome await(Duration limit) {
      long began = System.nanoTime();
      try {
        announce(visitor);
        long left = limit.toNanos() - (System.nanoTime() - began);
        return new Outcome.Accepted(channel.get(left, TimeUnit.NANOSECONDS));
      } catch (TimeoutException e) {
        Outcome outcome = unless(new Outcome.TimedOut());
        if (outcome instanceof Outcome.TimedOut) {
          unclaimed(began);
        }
        return outcome;
      } catch (ExecutionException e) {
        return refused(e.getCause());
      } catch (IOException e) {
        return unless(refused(e));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return unless(new Outcome.TimedOut());
      } finally {
        waiting.remove(channel);
      }
    }

    @Override
    public void cancel() {
      cancelled = true;
      if (channel.completeExceptionally(new IOException("cancelled"))) {
        waiting.remove(channel);
      }
    }

    /**
     * Returns {@code none} unless a channel or the end arrived just now: a channel has no other
     * owner.
     */
    private Outcome unless(Outcome none) {
      if (channel.cancel(false)) {
        return none;
      }
      return channel.isCompletedExceptionally()
          ? refused(channel.exceptionNow())
          : new Outcome.Accepted(channel.join());
    }

    /** A connection closed from this side fails without a message. */
    private Outcome refused(Throwable why) {
      return cancelled
          ? new Outcome.Cancelled()
          : new Outcome.Refused(Objects.requireNonNullElse(why.getMessage(), GONE));
    }
  }
}
