package culvert.net;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Listens for TCP connections at an address, or at all addresses of a name. One thread for each
 * address only accepts; each connection is handled in a virtual thread of its own.
 */
public final class Listener implements AutoCloseable {

  /** Handles accepted connections. */
  public interface Handler {
    /** Takes over the connection, in a thread of its own. */
    void handle(SocketConnection connection);

    /**
     * Called when an accept fails, usually because no file descriptor is free; the listener pauses
     * and continues.
     *
     * @param first whether this failure is the first, or at least a minute later than the first
     *     success after the previous failure
     */
    void acceptFailed(IOException cause, Duration pause, boolean first);

    /** Called before the first connection is accepted. */
    default void started() {}

    /** Called after the last connection was accepted, if the listener was started. */
    default void ended() {}

    /**
     * Returns whether the connections may use the file descriptors that are reserved for control
     * addresses. Others wait, without being accepted, until more than these are free.
     */
    default boolean canUseReserve() {
      return false;
    }
  }

  private static final Duration FIRST_PAUSE = Duration.ofMillis(10);
  private static final Duration MAX_PAUSE = Duration.ofSeconds(1);
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(1);

  private final List<ServerSocketChannel> sockets;
  private final InetSocketAddress address;
  private final String role;
  private final Handler handler;
  private final BufferPool pool;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final AtomicInteger accepting;
  private volatile List<Thread> acceptors = List.of();

  private Listener(List<ServerSocketChannel> sockets, String role, Handler handler, BufferPool pool)
      throws IOException {
    this.sockets = sockets;
    this.accepting = new AtomicInteger(sockets.size());
    this.address = ListeningSockets.address(sockets.getFirst());
    this.role = role;
    this.handler = handler;
    this.pool = pool;
  }

  /**
   * Binds the address; of a name, every address that this host has, all at the same port.
   * Connections queue from now on; {@link #start} begins to accept them.
   *
   * @param where port 0 selects any free port; {@code 0.0.0.0} is IPv4 only, {@code [::]} both
   *     families
   * @param role name of accepted connections in thread names and logs
   * @throws IOException naming the address, if it cannot be bound
   */
  public static Listener bind(HostPort where, String role, BufferPool pool, Handler handler)
      throws IOException {
    return bind(where, where.resolve(), role, pool, handler);
  }

  static Listener bind(
      HostPort where, List<InetAddress> resolved, String role, BufferPool pool, Handler handler)
      throws IOException {
    List<ServerSocketChannel> sockets = ListeningSockets.bind(where, resolved);
    try {
      return new Listener(sockets, role, handler, pool);
    } catch (IOException e) {
      sockets.forEach(ListeningSockets::close);
      throw new IOException("cannot listen on " + where + ": " + e.getMessage(), e);
    }
  }

  /** Returns the bound address with the actual port; of a name, its first address. */
  public InetSocketAddress address() {
    return address;
  }

  /** Starts to accept. */
  public void start() {
    handler.started();
    var started = new ArrayList<Thread>();
    for (ServerSocketChannel socket : sockets) {
      started.add(Threads.start("accept " + role + " " + HostPort.of(address), () -> run(socket)));
    }
    acceptors = List.copyOf(started);
  }

  private void run(ServerSocketChannel socket) {
    try {
      acceptAll(socket);
    } finally {
      if (accepting.decrementAndGet() == 0) {
        handler.ended();
      }
    }
  }

  private void acceptAll(ServerSocketChannel server) {
    var episode = new FailureEpisode();
    var burst = new AcceptBurst(System::nanoTime);
    Duration pause = FIRST_PAUSE;
    while (server.isOpen()) {
      try {
        burst.begin();
        SocketChannel channel = accept(server);
        boolean othersRun = burst.isLongAfterAccept();
        startHandler(channel);
        if (othersRun) {
          Thread.yield();
        }
        episode.recordSuccess(System.nanoTime());
        pause = FIRST_PAUSE;
      } catch (ClosedChannelException e) {
        return;
      } catch (IOException e) {
        handler.acceptFailed(e, pause, episode.recordFailure(System.nanoTime()));
        pause = pause(pause);
      } catch (OutOfMemoryError e) {
        // No thread could be created; the listener must survive that.
        handler.acceptFailed(new IOException(e), pause, episode.recordFailure(System.nanoTime()));
        pause = pause(pause);
      }
    }
  }

  private SocketChannel accept(ServerSocketChannel server) throws IOException {
    checkReserve();
    SocketChannel channel = server.accept();
    try {
      // Other listeners may have accepted while this one waited.
      checkReserve();
      return channel;
    } catch (IOException e) {
      channel.setOption(StandardSocketOptions.SO_LINGER, 0);
      channel.close();
      throw e;
    }
  }

  private void checkReserve() throws IOException {
    if (!handler.canUseReserve() && Descriptors.PROCESS.isReserveReached()) {
      throw new IOException(
          "Too many open files: the last "
              + Descriptors.PROCESS.reserved()
              + " are reserved for control addresses; raise the limit (ulimit -n)");
    }
  }

  private void startHandler(SocketChannel channel) throws IOException {
    SocketConnection connection;
    try {
      connection = new SocketConnection(channel, pool);
    } catch (IOException e) {
      // The peer closed right after the accept; the listener continues.
      return;
    }
    try {
      Threads.start(role + " " + HostPort.of(connection.peer()), () -> handler.handle(connection));
    } catch (OutOfMemoryError e) {
      connection.close();
      throw e;
    }
  }

  /** Waits until the pause is over or the listener is closed; returns the next pause. */
  private Duration pause(Duration pause) {
    try {
      closed.await(pause.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Duration doubled = pause.multipliedBy(2);
    return doubled.compareTo(MAX_PAUSE) > 0 ? MAX_PAUSE : doubled;
  }

  /** Stops accepting and frees the port; accepted connections stay open. */
  @Override
  public void close() {
    closed.countDown();
    sockets.forEach(ListeningSockets::close);
    acceptors.forEach(Listener::awaitEnd);
  }

  /** A thread blocked in accept holds the descriptor until it has woken. */
  private static void awaitEnd(Thread acceptor) {
    if (acceptor == Thread.currentThread()) {
      return;
    }
    try {
      acceptor.join(CLOSE_LIMIT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
