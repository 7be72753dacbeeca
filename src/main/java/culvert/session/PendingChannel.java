package culvert.session;

import culvert.net.Connection;
import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A visitor that waits for its data channel. The protocols with data channels do not report whether
 * the origin server accepts the connection; an opened channel is the only answer.
 */
public abstract class PendingChannel implements PendingStream {

  private static final String GONE = "the origin proxy is gone";

  private final long since = System.nanoTime();
  private final ChannelSession session;

  /** Completed by the channel, or by the reason for which none comes: the first of them counts. */
  private final CompletableFuture<Connection> channel = new CompletableFuture<>();

  private volatile boolean isCancelled;

  /** Creates a visitor of a session that has no channel yet. */
  protected PendingChannel(ChannelSession session) {
    this.session = session;
  }

  /**
   * Requests the channel, in the thread that waits for it; does nothing where that was done before.
   *
   * @throws IOException if the session cannot request it
   */
  protected void request() throws IOException {}

  /** Removes the visitor from those that wait. Does not block; a second call has no effect. */
  protected abstract void remove();

  /**
   * Passes the channel on, as {@link OpenChannels#add} has returned it. Returns false if the
   * visitor does not wait any more; the caller keeps the channel then.
   */
  public final boolean deliver(Connection counted) {
    return channel.complete(counted);
  }

  /** Ends the wait without a channel, for a reason that people understand. */
  public final void fail(String why) {
    channel.completeExceptionally(new IOException(why));
  }

  @Override
  public final Optional<Connection> early() {
    return Optional.empty();
  }

  @Override
  public Outcome await(Duration limit) {
    long began = System.nanoTime();
    try {
      request();
      long left = limit.toNanos() - (System.nanoTime() - began);
      return new Outcome.Accepted(channel.get(left, TimeUnit.NANOSECONDS));
    } catch (TimeoutException e) {
      return expired();
    } catch (ExecutionException e) {
      return failed(e.getCause());
    } catch (IOException e) {
      return unlessAnswered(failed(e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return unlessAnswered(new Outcome.TimedOut());
    } finally {
      remove();
    }
  }

  private Outcome expired() {
    var timedOut = new Outcome.TimedOut();
    Outcome outcome = unlessAnswered(timedOut);
    if (outcome == timedOut) {
      remove();
      session.reportUnclaimed(since);
    }
    return outcome;
  }

  @Override
  public final void cancel() {
    isCancelled = true;
    if (channel.completeExceptionally(new IOException("cancelled"))) {
      remove();
    }
  }

  /**
   * Returns {@code otherwise} unless a channel or the end arrived just now: a channel has no other
   * owner.
   */
  private Outcome unlessAnswered(Outcome otherwise) {
    if (channel.cancel(false)) {
      return otherwise;
    }
    return channel.isCompletedExceptionally()
        ? failed(channel.exceptionNow())
        : new Outcome.Accepted(channel.join());
  }

  /** A connection closed from this side fails without a message. */
  private Outcome failed(Throwable why) {
    return isCancelled
        ? new Outcome.Cancelled()
        : new Outcome.Refused(Objects.requireNonNullElse(why.getMessage(), GONE));
  }
}
