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
 * A visitor that waits for the data channel that names it. Whether the origin server accepts the
 * wire cannot tell: the channel is all there is.
 */
final class PendingVisitor implements PendingStream {

  /** How long a visitor waits at the most, whatever else its limit is. */
  static final Duration LIMIT = Duration.ofSeconds(10);

  private static final String LATE =
      "the client opened no data channel within " + Durations.of(LIMIT);

  private final UUID id = UUID.randomUUID();
  private final long since = System.nanoTime();
  private final BoreSession session;
  private final PendingVisitors all;

  /** Completed with nothing if none will come. */
  private final CompletableFuture<Optional<Connection>> channel = new CompletableFuture<>();

  /** Which of its session's announcements it is; that one's lock guards it. */
  private long announcement;

  /** One that is still to be announced. */
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

  /** The session has announced it, as which of all that it did. */
  void announced(long number) {
    announcement = number;
  }

  long announcement() {
    return announcement;
  }

  /** Its data channel is there; returns whether it is wanted. */
  boolean claimed(Connection connection) {
    Connection counted = session.begin(connection, this);
    if (!channel.complete(Optional.of(counted))) {
      counted.close();
      return false;
    }
    return true;
  }

  /** None will come. */
  void lost() {
    channel.complete(Optional.empty());
  }

  @Override
  public Optional<Connection> early() {
    return Optional.empty();
  }

  @Override
  public Outcome await(Duration limit) {
    boolean patient = limit.compareTo(LIMIT) > 0;
    Duration shorter = patient ? LIMIT : limit;
    try {
      return outcome(channel.get(shorter.toNanos(), TimeUnit.NANOSECONDS));
    } catch (TimeoutException e) {
      return patient ? late(new Outcome.Refused(LATE)) : late(new Outcome.TimedOut());
    } catch (ExecutionException e) {
      throw new IllegalStateException("a channel that fails", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      all.remove(this);
      channel.complete(Optional.empty());
      return outcome(channel.join());
    }
  }

  private Outcome late(Outcome outcome) {
    if (all.remove(this)) {
      session.unclaimed(since);
      return outcome;
    }
    // It was taken out just now by whoever brings the channel or the end.
    return outcome(channel.join());
  }

  private static Outcome outcome(Optional<Connection> channel) {
    return channel.isPresent()
        ? new Outcome.Accepted(channel.get())
        : new Outcome.Refused("the client went before it opened a data channel");
  }
}
