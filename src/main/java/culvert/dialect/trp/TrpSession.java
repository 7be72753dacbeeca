package culvert.dialect.trp;

import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.Durations;
import culvert.net.NotifyingConnection;
import culvert.net.SilentPeerException;
import culvert.protocol.ByeReason;
import culvert.protocol.ProtocolException;
import culvert.session.PendingStream;
import culvert.session.ServiceRegistry;
import culvert.session.Session;
import culvert.session.Visitor;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * The remote side's control connection. Visitors wait in a queue, and each data connection is the
 * first one's: it says nothing of whose it is, and one is as good as another.
 */
final class TrpSession implements Session {

  /** For a line to leave; an origin proxy that takes none for so long is lost. */
  private static final Duration WRITE_LIMIT = Duration.ofSeconds(5);

  /** It has at least so long for a data connection, however impatient the visitor is. */
  private static final Duration CLAIM_LIMIT = Duration.ofSeconds(5);

  private static final String GONE = "the origin proxy is gone";

  private final Connection control;
  private final String service;
  private final Deadlines deadlines;
  private final Consumer<TrpSession> onEnd;

  /** Serialises lines on the control connection, and is held for nothing else. */
  private final ReentrantLock writing = new ReentrantLock();

  /** Guards all that follows. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Queue<CompletableFuture<Connection>> waiting = new ArrayDeque<>();

  private final Condition fewer = lock.newCondition();

  /** How many data connections there are. */
  private int channels;

  private long lastClaim = System.nanoTime();

  /** No visitor is announced any more. */
  private boolean over;

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

  /** Reads for nothing but the end. */
  @Override
  public void serve(ServiceRegistry services) throws IOException {
    try {
      services.offer(this, service, answer -> {});
      throw control.input().read() >= 0
          ? new ProtocolException("bytes on a control connection, which has none")
          : new EOFException("the origin proxy closed its control connection");
    } catch (IOException e) {
      if (lost) {
        throw new SilentPeerException("it opens no data connections any more");
      }
      if (!closed) {
        throw e;
      }
    } finally {
      // Before the next one may come, whose offer would be another's still.
      services.withdraw(this, service);
      end();
    }
  }

  /** The visitor in front gets it; returns false, and does not, if there is none. */
  boolean claim(Connection channel) {
    lock.lock();
    try {
      var watched = new NotifyingConnection(channel, gone -> channelOver());
      CompletableFuture<Connection> first = waiting.poll();
      while (first != null && !first.complete(watched)) {
        first = waiting.poll();
      }
      if (first == null) {
        return false;
      }
      channels++;
      lastClaim = System.nanoTime();
      fewer.signalAll();
      return true;
    } finally {
      lock.unlock();
    }
  }

  private void channelOver() {
    boolean last;
    lock.lock();
    try {
      channels--;
      last = over && channels == 0;
    } finally {
      lock.unlock();
    }
    if (last) {
      close(ByeReason.STOPPING, "drained");
    }
  }

  /**
   * No data connection came for a visitor. An origin proxy that has none at all and opened none
   * since is lost: lines under way keep the system from asking it.
   */
  private void unclaimed(long announced) {
    if (System.nanoTime() - announced < CLAIM_LIMIT.toNanos()) {
      return;
    }
    boolean dead;
    lock.lock();
    try {
      dead = channels == 0 && lastClaim - announced < 0;
    } finally {
      lock.unlock();
    }
    if (dead) {
      lost = true;
      control.reset();
    }
  }

  @Override
  public PendingStream open(Visitor visitor) throws IOException {
    var channel = new CompletableFuture<Connection>();
    lock.lock();
    try {
      if (over) {
        throw new IOException("the origin proxy is gone or draining");
      }
      waiting.add(channel);
    } finally {
      lock.unlock();
    }
    return new Announced(visitor, channel);
  }

  private void leave(CompletableFuture<Connection> channel) {
    lock.lock();
    try {
      waiting.remove(channel);
      fewer.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits until no visitor waits for a data connection, or the limit has passed. */
  void awaitClaims(Duration limit) {
    lock.lock();
    try {
      long left = limit.toNanos();
      while (!waiting.isEmpty() && left > 0) {
        left = fewer.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }

  private void announce(Visitor visitor) throws IOException {
    deadlines.callWithin(
        WRITE_LIMIT,
        control::reset,
        "the origin proxy took no line within " + Durations.of(WRITE_LIMIT),
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

  /** An origin proxy may end when its control connection does, and cut what it carries. */
  @Override
  public void drain() {
    boolean idle;
    lock.lock();
    try {
      over = true;
      idle = channels == 0;
    } finally {
      lock.unlock();
    }
    if (idle) {
      close(ByeReason.STOPPING, "drained");
    }
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
    lock.lock();
    try {
      over = true;
      waiting.forEach(channel -> channel.completeExceptionally(new IOException(GONE)));
      waiting.clear();
      fewer.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private final class Announced implements PendingStream {
    private final Visitor visitor;
    private final CompletableFuture<Connection> channel;

    Announced(Visitor visitor, CompletableFuture<Connection> channel) {
      this.visitor = visitor;
      this.channel = channel;
    }

    @Override
    public Optional<Connection> early() {
      return Optional.empty();
    }

    /** The wire cannot tell whether the origin server accepted: the channel is all there is. */
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
        leave(channel);
      }
    }

    /** This, unless the channel or the end has come just now: a channel has no other owner. */
    private Outcome unless(Outcome none) {
      if (channel.cancel(false)) {
        return none;
      }
      return channel.isCompletedExceptionally()
          ? refused(channel.exceptionNow())
          : new Outcome.Accepted(channel.join());
    }

    /** A connection that was closed from this side breaks without a word. */
    private static Outcome refused(Throwable why) {
      return new Outcome.Refused(Objects.requireNonNullElse(why.getMessage(), GONE));
    }
  }
}
