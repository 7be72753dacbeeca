package culvert.session;

import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.ReplayedConnection;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Serves several protocols at one address: the first bytes of a connection select the dialect. The
 * first dialect of the list receives every connection that no other one recognises, and so names
 * and answers programs of foreign protocols as it does alone.
 *
 * <p>A peer that waits for this side to begin is silent. It receives the greeting of the dialect
 * that has one, after the silence that the dialect defines.
 *
 * <p>Settings of a reload are passed to the dialects themselves.
 */
public final class DialectSniffer implements Dialect {

  /** Maximum number of bytes that decide. */
  private static final int MAX_BYTES = 8;

  private final List<Dialect> dialects;
  private final Deadlines deadlines;

  private DialectSniffer(List<Dialect> dialects, Deadlines deadlines) {
    this.dialects = List.copyOf(dialects);
    this.deadlines = deadlines;
  }

  /** Returns a dialect that serves all of these, one or more; a single one is returned itself. */
  public static Dialect of(List<Dialect> dialects, Deadlines deadlines) {
    return dialects.size() == 1 ? dialects.getFirst() : new DialectSniffer(dialects, deadlines);
  }

  /** The start of a connection whose peer may wait for a greeting. */
  private static final class Opening {
    private final Dialect dialect;
    private final Greeting greeting;

    /** Set by the side that begins: by the timer, or by the thread of the connection. */
    private final AtomicBoolean hasBegun = new AtomicBoolean();

    Opening(Dialect dialect, Greeting greeting) {
      this.dialect = dialect;
      this.greeting = greeting;
    }

    /** Sends the greeting unless the peer has begun. */
    void endSilence() {
      if (hasBegun.compareAndSet(false, true)) {
        try {
          greeting.send();
        } catch (IOException e) {
          // The thread that reads receives the cause.
        }
      }
    }

    /** Returns whether the greeting was sent; otherwise it is not sent any more. */
    boolean isGreeted() {
      return !hasBegun.compareAndSet(false, true);
    }
  }

  @Override
  public Accepted accept(Connection connection, Runnable onVerified) throws IOException {
    Optional<Opening> opening = opening(connection);
    ByteBuffer first = ByteBuffer.allocate(MAX_BYTES);
    Dialect selected = select(connection, first, opening);
    Connection replayed = ReplayedConnection.of(connection, first.flip());
    boolean isGreeted = opening.isPresent() && opening.get().isGreeted();
    return isGreeted && opening.get().dialect == selected
        ? opening.get().greeting.accept(replayed, onVerified)
        : selected.accept(replayed, onVerified);
  }

  private Optional<Opening> opening(Connection connection) {
    for (Dialect dialect : dialects) {
      Optional<Greeting> greeting = dialect.greeting(connection);
      if (greeting.isPresent()) {
        return Optional.of(new Opening(dialect, greeting.get()));
      }
    }
    return Optional.empty();
  }

  private Dialect select(Connection connection, ByteBuffer first, Optional<Opening> opening)
      throws IOException {
    Deadlines.Deadline silence =
        opening
            .map(one -> deadlines.after(one.greeting.silence(), one::endSilence))
            .orElse(() -> {});
    try {
      return select(connection, first);
    } finally {
      silence.cancel();
    }
  }

  /** Reads bytes until they decide; also one at a time, and at the end of the stream. */
  private Dialect select(Connection connection, ByteBuffer first) throws IOException {
    while (first.hasRemaining() && connection.input().read(first) >= 0) {
      byte[] bytes = Arrays.copyOf(first.array(), first.position());
      boolean isUndecided = false;
      for (Dialect dialect : dialects.subList(1, dialects.size())) {
        Recognition recognition = dialect.recognise(bytes);
        if (recognition == Recognition.YES) {
          return dialect;
        }
        isUndecided |= recognition == Recognition.UNDECIDED;
      }
      if (!isUndecided) {
        break;
      }
    }
    return dialects.getFirst();
  }

  @Override
  public void awaitClaims(Duration limit) {
    long until = System.nanoTime() + limit.toNanos();
    dialects.forEach(dialect -> dialect.awaitClaims(Duration.ofNanos(until - System.nanoTime())));
  }
}
