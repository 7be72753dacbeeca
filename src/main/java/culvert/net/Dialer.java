package culvert.net;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Opens TCP connections. Names are resolved at every attempt, and all their addresses are tried
 * ({@link HappyEyeballs}).
 */
public final class Dialer {

  private final BufferPool pool;
  private final NameLookup lookup;
  private final boolean isResetOnDeath;

  /** See {@link NameLookup#addresses}. */
  private final int maxNames;

  /** Creates a dialer whose connections borrow their large buffers from {@code pool}. */
  public Dialer(BufferPool pool) {
    this(pool, NameLookup.OF_PROCESS);
  }

  Dialer(BufferPool pool, NameLookup lookup) {
    this(pool, lookup, false, NameLookup.MAX_NAMES);
  }

  private Dialer(BufferPool pool, NameLookup lookup, boolean isResetOnDeath, int maxNames) {
    this.pool = pool;
    this.lookup = lookup;
    this.isResetOnDeath = isResetOnDeath;
    this.maxNames = maxNames;
  }

  /**
   * Returns a dialer to whose connections {@link Connection#resetOnDeath} applies before the server
   * can see them. A server thus never mistakes the death of this process for a client that
   * connected and closed in order.
   */
  public Dialer resettingOnDeath() {
    return new Dialer(pool, lookup, true, maxNames);
  }

  /**
   * Returns a dialer whose lookups leave half of the places for names to other dialers: a resolver
   * that hangs must not keep visitors from the names that it resolves.
   */
  public Dialer inBackground() {
    return new Dialer(pool, lookup, isResetOnDeath, NameLookup.MAX_BACKGROUND_NAMES);
  }

  /**
   * Connects to the first address of {@code target} that answers.
   *
   * @param limit time for the lookup and all addresses together
   * @throws IOException naming the target and the reason
   */
  public SocketConnection connect(HostPort target, Duration limit) throws IOException {
    return connect(target, limit, new Cancellation());
  }

  /**
   * Connects as {@link #connect(HostPort, Duration)} does, until it is cancelled.
   *
   * @param cancellation ends the lookup and every connection attempt in progress
   */
  public SocketConnection connect(HostPort target, Duration limit, Cancellation cancellation)
      throws IOException {
    long deadline = System.nanoTime() + limit.toNanos();
    var cancelled = new CompletableFuture<Void>();
    cancellation.onCancel(() -> cancelled.complete(null));
    try {
      List<InetSocketAddress> addresses = addresses(target, deadline, cancelled);
      var attempts = new HappyEyeballs(pool, deadline, isResetOnDeath);
      cancelled.thenRun(attempts::cancel);
      return attempts.run(addresses);
    } catch (UnknownHostException e) {
      throw e;
    } catch (IOException e) {
      throw named(target, e, limit, cancelled);
    }
  }

  /**
   * Returns all current addresses of {@code target}, the preferred one first.
   *
   * @param limit time for the lookup
   * @param cancellation ends the lookup
   * @throws IOException naming the target and the reason
   */
  public List<InetSocketAddress> addresses(
      HostPort target, Duration limit, Cancellation cancellation) throws IOException {
    var cancelled = new CompletableFuture<Void>();
    cancellation.onCancel(() -> cancelled.complete(null));
    try {
      return addresses(target, System.nanoTime() + limit.toNanos(), cancelled);
    } catch (UnknownHostException e) {
      throw e;
    } catch (IOException e) {
      throw named(target, e, limit, cancelled);
    }
  }

  private List<InetSocketAddress> addresses(
      HostPort target, long deadline, CompletableFuture<Void> cancelled) throws IOException {
    return lookup.addresses(target, maxNames, deadline, cancelled).stream()
        .map(address -> new InetSocketAddress(address, target.port()))
        .toList();
  }

  private static IOException named(
      HostPort target, IOException e, Duration limit, CompletableFuture<Void> cancelled) {
    String reason = cancelled.isDone() ? "cancelled" : reason(e, limit);
    return new IOException(target + ": " + reason, e);
  }

  /**
   * Connects as {@link #connect(HostPort, Duration, Cancellation)} does, or to a Unix socket, whose
   * server has the same time if its queue of connections is full.
   *
   * @throws IOException naming the target and the reason
   */
  public Connection connect(ServerAddress target, Duration limit, Cancellation cancellation)
      throws IOException {
    return switch (target) {
      case HostPort hostPort -> connect(hostPort, limit, cancellation);
      case UnixPath path -> UnixConnection.connect(path, limit, cancellation, pool);
    };
  }

  /**
   * Returns whether an exception of {@link #connect} means that the target accepted the connection
   * and reset it at once. The JDK distinguishes this by the system's text only.
   */
  public static boolean isReset(IOException e) {
    return e.getCause() instanceof SocketException cause
        && String.valueOf(cause.getMessage()).startsWith("Connection reset");
  }

  /**
   * Returns whether an exception of {@link #connect} is due to a limit of this process, which had
   * no place for the lookup or could not open a socket. It indicates nothing about the target.
   */
  public static boolean isOwnLimit(IOException e) {
    return e instanceof LookupLimitException || e.getCause() instanceof SocketOpenException;
  }

  private static String reason(IOException e, Duration limit) {
    return e instanceof SocketTimeoutException
        ? e.getMessage() + " within " + Durations.of(limit)
        : e.getMessage();
  }
}
