package culvert.compat.trp;

import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.Durations;
import culvert.protocol.ByeReason;
import culvert.protocol.ProtocolException;
import culvert.session.Opened;
import culvert.session.Services;
import culvert.session.Session;
import culvert.session.Visitor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * The remote side's control connection. Visitors wait in a queue, and each data connection is the
 * first one's: it says nothing of whose it is, and one is as good as another.
 */
final class TrpSession implements Session {

  private final Connection control;
  private final String service;
  private final Deadlines deadlines;
  private final Consumer<TrpSession> onEnd;

  /** Serialises lines on the control connection, and is held for nothing else. */
  private final ReentrantLock writing = new ReentrantLock();

  /** Guards the queue, and whether there is one still. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Queue<CompletableFuture<Connection>> waiting = new ArrayDeque<>();
  private boolean over;
  private volatile boolean closed;

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
  public void serve(Services services) throws IOException {
    try {
      services.offer(this, service, answer -> {});
      if (control.input().read() >= 0) {
        throw new ProtocolException("bytes on a control connection, which has none");
      }
    } catch (IOException e) {
      if (!closed) {
        throw e;
      }
    } finally {
      end();
    }
  }

  /** The visitor in front gets it; returns false, and does not, if there is none. */
  boolean claim(Connection channel) {
    lock.lock();
    try {
      CompletableFuture<Connection> first = waiting.poll();
      while (first != null && !first.complete(channel)) {
        first = waiting.poll();
      }
      return first != null;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Opened open(Visitor visitor) throws IOException {
    var channel = new CompletableFuture<Connection>();
    lock.lock();
    try {
      if (over) {
        throw new IOException("the origin proxy is gone");
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
    } finally {
      lock.unlock();
    }
  }

  private void announce(Visitor visitor, Duration limit) throws IOException {
    deadlines.within(
        limit,
        control::reset,
        "the origin proxy took no line within " + Durations.of(limit),
        () -> {
          writing.lock();
          try {
            control.output().write(Lines.of(visitor.address()));
          } finally {
            writing.unlock();
          }
          return null;
        });
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
      waiting.forEach(
          channel -> channel.completeExceptionally(new IOException("the origin proxy is gone")));
      waiting.clear();
    } finally {
      lock.unlock();
    }
  }

  private final class Announced implements Opened {
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
        announce(visitor, limit);
        long left = limit.toNanos() - (System.nanoTime() - began);
        return new Outcome.Accepted(channel.get(left, TimeUnit.NANOSECONDS));
      } catch (TimeoutException e) {
        return late();
      } catch (ExecutionException e) {
        return new Outcome.Refused(e.getCause().getMessage());
      } catch (IOException e) {
        channel.cancel(false);
        return new Outcome.Refused(e.getMessage());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return late();
      } finally {
        leave(channel);
      }
    }

    private Outcome late() {
      return channel.cancel(false) ? new Outcome.TimedOut() : new Outcome.Accepted(channel.join());
    }
  }
}
