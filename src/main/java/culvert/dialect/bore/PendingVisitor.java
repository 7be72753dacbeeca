package culvert.dialect.bore;

import culvert.net.Connection;
import culvert.net.Durations;
import culvert.session.PendingStream;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A visitor that waits for the data channel that names it. The protocol does not report whether the
 * origin server accepts the connection; an opened channel is the only answer.
 */
final class PendingVisitor implements PendingStream {

  /** Maximum time a visitor waits, even if its own limit is longer. */
  static final Duration LIMIT = Duration.ofSeconds(10);

  private static final String NO_DATA_CHANNEL =
      "the client opened no data channel within " + Durations.of(LIMIT);

  private final UUID id = UUID.randomUUID();
  private final long since = System.nanoTime();
  private final BoreSession session;
  private final PendingVisitors all;

  /** Completed with an empty value if no channel will come. */
  private final CompletableFuture<Optional<Connection>> channel = new CompletableFuture<>();

  /** Number of its announcement in the session; guarded by the lock of {@link ControlWriter}. */
  private long announcement;

  private volatile boolean cancelled;

  /** Creates a visitor that is not announced yet. */
  PendingVisitor(BoreSession session, PendingVisitors all) {
    this.session = session;
    this.all = all;
  }

  UUID id() {
    return id;
  }

  BoreSession session() {
    return session;
  }

  /** Records the number of its announcement in the session. */
  void setAnnouncement(long number) {
    announcement = number;
  }

  long announcement() {
    return announcement;
  }

  /** Delivers its data channel; returns whether the visitor still waits for it. */
  boolean deliver(Connection connection) {
    Connection counted = session.addChannel(connection, this);
    if (!channel.complete(Optional.of(counted))) {
      counted.close();
      return false;
    }
    return true;
  }

  /** Ends the wait without a data channel. */
  void fail() {
    channel.complete(Optional.empty());
  }

  @Override
  public Optional<Connection> early() {
    return Optional.empty();
  }

  @Override
  public Outcome await(Duration limit) {
    boolean capped = limit.compareTo(LIMIT) > 0;
    Duration shorter = capped ? LIMIT : limit;
    try {
      return outcome(channel.get(shorter.toNanos(), TimeUnit.NANOSECONDS));
    } catch (TimeoutException e) {
      return capped
          ? expired(new Outcome.Refused(NO_DATA_CHANNEL))
          : expired(new Outcome.TimedOut());
    } catch (ExecutionException e) {
      throw new IllegalStateException("unexpected failure of a data channel", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      all.remove(this);
      channel.complete(Optional.empty());
      return outcome(channel.join());
    }
  }

  private Outcome expired(Outcome outcome) {
    if (all.remove(this)) {
      session.reportUnclaimed(since);
      return outcome;
    }
    // It has just been removed by the thread that delivers the channel or ends the session.
    return outcome(channel.join());
  }

  @Override
  public void cancel() {
    cancelled = true;
    if (all.remove(this)) {
      fail();
    }
  }

  private Outcome outcome(Optional<Connection> channel) {
    if (channel.isPresent()) {
      return new Outcome.Accepted(channel.get());
    }
    return cancelled
        ? new Outcome.Cancelled()
        : new Outcome.Refused("the client disconnected before it opened a data channel");
  }
}
