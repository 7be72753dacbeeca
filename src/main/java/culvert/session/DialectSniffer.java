package culvert.session;

import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.Durations;
import culvert.net.ReplayedConnection;
import culvert.protocol.ProtocolException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.DoubleSupplier;

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
  private final DoubleSupplier load;

  /**
   * Connections whose peers may be greeted. Those accepted before a reload are not among them: if
   * the role stops within their silence, they receive the greeting after it, as usual.
   */
  private final Set<Opening> openings = ConcurrentHashMap.newKeySet();

  /** Set once the role stops and waits for the last data channels. */
  private volatile boolean isAwaited;

  private DialectSniffer(List<Dialect> dialects, Deadlines deadlines, DoubleSupplier load) {
    this.dialects = List.copyOf(dialects);
    this.deadlines = deadlines;
    this.load = load;
  }

  /**
   * Returns a dialect that serves all of these, one or more; a single one is returned itself.
   *
   * @param load returns the part of the places for unauthenticated connections that is in use
   */
  public static Dialect of(List<Dialect> dialects, Deadlines deadlines, DoubleSupplier load) {
    return dialects.size() == 1
        ? dialects.getFirst()
        : new DialectSniffer(dialects, deadlines, load);
  }

  /** The start of a connection whose peer may wait for a greeting. */
  private static final class Opening implements AutoCloseable {
    private final Connection connection;
    private final Dialect dialect;
    private final Greeting greeting;

    /** Guards the fields below. Held while the greeting is sent, which does not block. */
    private final ReentrantLock lock = new ReentrantLock();

    private boolean hasBegun;
    private boolean isGreeted;

    Opening(Connection connection, Dialect dialect, Greeting greeting) {
      this.connection = connection;
      this.dialect = dialect;
      this.greeting = greeting;
    }

    /** Reads the peer's first bytes, and greets a peer that sends none. */
    void read(ByteBuffer first, Deadlines.Deadline silence) throws IOException {
      try {
        connection.input().read(first);
      } finally {
        silence.cancel();
        begin();
      }
    }

    /**
     * Sends the greeting unless the peer has begun. Its bytes may have arrived and not have been
     * read: on a busy host the timer can run before the thread of the connection.
     */
    void endSilence() {
      lock.lock();
      try {
        if (!hasBegun && !isGreeted && connection.input().available() == 0) {
          isGreeted = true;
          greeting.send();
        }
      } catch (IOException e) {
        // The thread that reads receives the cause.
      } finally {
        lock.unlock();
      }
    }

    /** No greeting is sent from now on; one that is being sent is complete. */
    private void begin() {
      lock.lock();
      try {
        hasBegun = true;
      } finally {
        lock.unlock();
      }
    }

    /** Returns whether this dialect's greeting was sent. */
    boolean isGreetedBy(Dialect selected) {
      lock.lock();
      try {
        return isGreeted && dialect == selected;
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void close() {
      greeting.close();
    }
  }

  @Override
  public Accepted accept(Connection connection, Runnable onVerified) throws IOException {
    ByteBuffer first = ByteBuffer.allocate(MAX_BYTES);
    Optional<Opening> greeted = opening(connection);
    if (greeted.isEmpty()) {
      read(connection, first);
      return select(connection, first).accept(replayed(connection, first), onVerified);
    }
    Dialect selected;
    try (Opening opening = greeted.get()) {
      selected = select(opening, first);
      if (opening.isGreetedBy(selected)) {
        return opening.greeting.accept(replayed(connection, first), onVerified);
      }
    }
    return selected.accept(replayed(connection, first), onVerified);
  }

  private Dialect select(Opening opening, ByteBuffer first) throws IOException {
    try {
      read(opening, first);
      return select(opening.connection, first);
    } catch (IOException e) {
      throw opening.greeting.cause(e);
    }
  }

  private void read(Opening opening, ByteBuffer first) throws IOException {
    openings.add(opening);
    try {
      Duration silence = opening.greeting.silence(load.getAsDouble());
      opening.read(
          first, deadlines.after(isAwaited ? Duration.ZERO : silence, opening::endSilence));
    } finally {
      openings.remove(opening);
    }
  }

  private Optional<Opening> opening(Connection connection) {
    for (Dialect dialect : dialects) {
      Optional<Greeting> greeting = dialect.greeting(connection);
      if (greeting.isPresent()) {
        return Optional.of(new Opening(connection, dialect, greeting.get()));
      }
    }
    return Optional.empty();
  }

  /** Reads the first bytes of a peer that no dialect greets. */
  private void read(Connection connection, ByteBuffer first) throws IOException {
    var hasPassed = new AtomicBoolean();
    Runnable end =
        () -> {
          hasPassed.set(true);
          connection.close();
        };
    Optional<Duration> limit = shortestLimit();
    Deadlines.Deadline silence = limit.map(time -> deadlines.after(time, end)).orElse(() -> {});
    try {
      connection.input().read(first);
    } catch (IOException e) {
      throw hasPassed.get() ? tooLate(limit.orElseThrow()) : e;
    } finally {
      silence.cancel();
    }
  }

  private static ProtocolException tooLate(Duration limit) {
    return new ProtocolException("no first message within " + Durations.of(limit));
  }

  private Optional<Duration> shortestLimit() {
    return dialects.stream()
        .flatMap(dialect -> dialect.maxSilence().stream())
        .min(Comparator.naturalOrder());
  }

  private static Connection replayed(Connection connection, ByteBuffer first) {
    return ReplayedConnection.of(connection, first.flip());
  }

  /** Reads more bytes until they decide; also one at a time, and at the end of the stream. */
  private Dialect select(Connection connection, ByteBuffer first) throws IOException {
    boolean isUndecided = first.position() > 0;
    while (isUndecided) {
      byte[] bytes = Arrays.copyOf(first.array(), first.position());
      isUndecided = false;
      for (Dialect dialect : dialects.subList(1, dialects.size())) {
        Recognition recognition = dialect.recognise(bytes);
        if (recognition == Recognition.YES) {
          return dialect;
        }
        isUndecided |= recognition == Recognition.UNDECIDED;
      }
      isUndecided = isUndecided && first.hasRemaining() && connection.input().read(first) >= 0;
    }
    return dialects.getFirst();
  }

  /** {@inheritDoc} Data channels of silent clients have no time for the usual silence. */
  @Override
  public void awaitClaims(Duration limit) {
    isAwaited = true;
    openings.forEach(Opening::endSilence);
    long until = System.nanoTime() + limit.toNanos();
    dialects.forEach(dialect -> dialect.awaitClaims(Duration.ofNanos(until - System.nanoTime())));
  }
}
