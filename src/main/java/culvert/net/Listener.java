package culvert.net;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.List;

/** Listens for TCP connections at an address, or at all addresses of a name. */
public final class Listener implements AutoCloseable {

  /**
   * Handles accepted connections.
   *
   * @param <C> the kind of connections
   */
  public interface Handler<C extends Connection> {
    /** Takes over the connection, in a thread of its own. */
    void handle(C connection);

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

  private final InetSocketAddress address;
  private final Acceptor<SocketConnection> acceptor;

  private Listener(
      List<ServerSocketChannel> sockets,
      String role,
      Handler<? super SocketConnection> handler,
      BufferPool pool)
      throws IOException {
    this.address = ListeningSockets.address(sockets.getFirst());
    this.acceptor =
        new Acceptor<>(sockets, HostPort.of(address), role, pool, SocketConnection::new, handler);
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
  public static Listener bind(
      HostPort where, String role, BufferPool pool, Handler<? super SocketConnection> handler)
      throws IOException {
    return bind(where, where.resolve(), role, pool, handler);
  }

  static Listener bind(
      HostPort where,
      List<InetAddress> resolved,
      String role,
      BufferPool pool,
      Handler<? super SocketConnection> handler)
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
    acceptor.start();
  }

  /** Stops accepting and frees the port; accepted connections stay open. */
  @Override
  public void close() {
    acceptor.close();
  }
}
