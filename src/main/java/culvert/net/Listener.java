package culvert.net;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A listening TCP socket. Its one thread accepts and does nothing else: every connection is handled
 * in a virtual thread of its own.
 */
public final class Listener implements AutoCloseable {

  /** What happens to accepted connections. */
  public interface Handler {
    /** Owns the connection from here on; called in the connection's own thread. */
    void handle(SocketConnection connection);

    /**
     * An accept failed, mostly for want of descriptors; the listener pauses and goes on.
     *
     * @param first whether none failed before, or accepts have gone well for a minute since; else
     *     it is the same trouble still
     */
    void acceptFailed(IOException cause, Duration pause, boolean first);
  }

  private static final int BACKLOG = 4096;
  private static final Duration FIRST_PAUSE = Duration.ofMillis(10);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(1);

  private final ServerSocketChannel server;
  private final InetSocketAddress address;
  private final String role;
  private final Handler handler;
  private final BufferPool pool;
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile Thread acceptor;

  private Listener(ServerSocketChannel server, String role, Handler handler, BufferPool pool)
      throws IOException {
    this.server = server;
    this.address = (InetSocketAddress) server.getLocalAddress();
    this.role = role;
    this.handler = handler;
    this.pool = pool;
  }

  /**
   * Binds, so that visitors queue from now on; {@link #start} begins to accept them.
   *
   * @param where port 0 takes any free one; {@code 0.0.0.0} means IPv4 only, {@code [::]} both
   * @param role what an accepted connection is called in thread names and logs
   * @throws IOException naming the address, if it cannot be bound
   */
  public static Listener bind(HostPort where, String role, BufferPool pool, Handler handler)
      throws IOException {
    InetAddress address = where.resolve().getFirst();
    var family =
        address instanceof Inet4Address
            ? StandardProtocolFamily.INET
            : StandardProtocolFamily.INET6;
    ServerSocketChannel server = ServerSocketChannel.open(family);
    try {
      server.setOption(StandardSocketOptions.SO_REUSEADDR, true);
      server.bind(new InetSocketAddress(address, where.port()), BACKLOG);
      return new Listener(server, role, handler, pool);
    } catch (IOException e) {
      server.close();
      throw new IOException("cannot listen on " + where + ": " + e.getMessage(), e);
    }
  }

  /** The bound address, with the port that was taken. */
  public InetSocketAddress address() {
    return address;
  }

  /** Begins to accept. */
  public void start() {
    acceptor = Threads.start("accept " + role + " " + HostPort.of(address), this::acceptAll);
  }

  private void acceptAll() {
    var episode = new FailureEpisode();
    Duration pause = FIRST_PAUSE;
    while (server.isOpen()) {
      try {
        startHandler(server.accept());
        episode.recordSuccess(System.nanoTime());
        pause = FIRST_PAUSE;
      } catch (ClosedChannelException e) {
        return;
      } catch (IOException e) {
        handler.acceptFailed(e, pause, episode.recordFailure(System.nanoTime()));
        pause = pause(pause);
      } catch (OutOfMemoryError e) {
        // No thread to be had: the listener must outlive that.
        handler.acceptFailed(new IOException(e), pause, episode.recordFailure(System.nanoTime()));
        pause = pause(pause);
      }
    }
  }

  private void startHandler(SocketChannel channel) throws IOException {
    SocketConnection connection;
    try {
      connection = new SocketConnection(channel, pool);
    } catch (IOException e) {
      // Gone between the accept and here; that is this visitor's affair, not the listener's.
      return;
    }
    try {
      Threads.start(role + " " + HostPort.of(connection.peer()), () -> handler.handle(connection));
    } catch (OutOfMemoryError e) {
      connection.close();
      throw e;
    }
  }

  /** Waits, but not for longer than the listener is open; returns the pause after this one. */
  private Duration pause(Duration pause) {
    try {
      closed.await(pause.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Duration doubled = pause.multipliedBy(2);
    return doubled.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : doubled;
  }

  /** Stops accepting and frees the port; what was accepted lives on. */
  @Override
  public void close() {
    closed.countDown();
    try {
      server.close();
    } catch (IOException e) {
      // The descriptor is released whatever close says.
    }
    awaitAcceptor();
  }

  /** A thread that waits in accept holds the descriptor until it has woken. */
  private void awaitAcceptor() {
    Thread thread = acceptor;
    if (thread == null || thread == Thread.currentThread()) {
      return;
    }
    try {
      thread.join(CLOSE_LIMIT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
