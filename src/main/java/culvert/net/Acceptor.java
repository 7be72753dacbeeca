package culvert.net;

import java.io.IOException;
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
 * Accepts the connections of listening sockets. One thread for each socket only accepts; each
 * connection is handled in a virtual thread of its own.
 *
 * @param <C> the kind of connections
 */
final class Acceptor<C extends Connection> implements AutoCloseable {

  /**
   * Makes a connection of a channel.
   *
   * @param <C> the kind of connection
   */
  @FunctionalInterface
  interface Wrapper<C extends Connection> {
    /**
     * Returns the connection.
     *
     * @throws IOException if the peer has closed it; the channel is then closed
     */
    C wrap(SocketChannel channel, BufferPool pool) throws IOException;
  }

  private static final Duration FIRST_PAUSE = Duration.ofMillis(10);
  private static final Duration MAX_PAUSE = Duration.ofSeconds(1);
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(1);

  private final List<ServerSocketChannel> sockets;
  private final ServerAddress address;
  private final String role;
  private final Wrapper<? extends C> wrapper;
  private final Listener.Handler<? super C> handler;
  private final BufferPool pool;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final AtomicInteger accepting;
  private volatile List<Thread> acceptors = List.of();

  /**
   * Creates an instance that accepts nothing before {@link #start}.
   *
   * @param sockets are bound, and closed by {@link #close}
   * @param address where they listen, for thread names
   * @param role name of the connections in thread names
   */
  Acceptor(
      List<ServerSocketChannel> sockets,
      ServerAddress address,
      String role,
      BufferPool pool,
      Wrapper<? extends C> wrapper,
      Listener.Handler<? super C> handler) {
    this.sockets = sockets;
    this.accepting = new AtomicInteger(sockets.size());
    this.address = address;
    this.role = role;
    this.pool = pool;
    this.wrapper = wrapper;
    this.handler = handler;
  }

  /** Starts to accept. */
  void start() {
    handler.started();
    var started = new ArrayList<Thread>();
    for (ServerSocketChannel socket : sockets) {
      started.add(Threads.start("accept " + role + " " + address, () -> run(socket)));
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

  private void startHandler(SocketChannel channel) {
    C connection;
    try {
      connection = wrapper.wrap(channel, pool);
    } catch (IOException e) {
      // The peer closed right after the accept; the listener continues.
      return;
    }
    String name = role + " " + UnixPeer.name(connection.peer());
    try {
      Threads.start(name, () -> handler.handle(connection));
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

  /** Stops accepting and closes the sockets; accepted connections stay open. */
  @Override
  public void close() {
    closed.countDown();
    sockets.forEach(ListeningSockets::close);
    acceptors.forEach(Acceptor::awaitEnd);
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
