package culvert.net;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.DatagramChannel;
import java.nio.channels.NetworkChannel;
import java.nio.channels.ServerSocketChannel;
import java.util.ArrayList;
import java.util.List;

/**
 * Binds the sockets of a listener, of TCP or UDP: one for each address that its name has on this
 * host, all at the same port. A client may try any address of a name first, so a listener at one of
 * them only is reached late or not at all.
 */
final class ListeningSockets {

  private static final int BACKLOG = 4096;
  private static final int MAX_ADDRESSES = 16;

  /** Attempts to find a port that is free at every address, if any port may be used. */
  private static final int MAX_ATTEMPTS = 16;

  /**
   * Opens a socket and binds it.
   *
   * @param <C> the kind of channel
   */
  @FunctionalInterface
  interface Binder<C extends NetworkChannel> {
    /**
     * Returns a bound socket.
     *
     * @param port 0 selects any free port
     * @throws IOException if the address cannot be bound; no socket stays open
     */
    C bind(InetAddress address, int port) throws IOException;
  }

  private ListeningSockets() {}

  /** Binds TCP sockets; see {@link #bind(HostPort, List, Binder)}. */
  static List<ServerSocketChannel> bind(HostPort where, List<InetAddress> resolved)
      throws IOException {
    return bind(where, resolved, ListeningSockets::bindTcp);
  }

  /** Binds UDP sockets; see {@link #bind(HostPort, List, Binder)}. */
  static List<DatagramChannel> bindUdp(HostPort where, List<InetAddress> resolved)
      throws IOException {
    return bind(where, resolved, ListeningSockets::bindUdp);
  }

  /**
   * Binds the addresses of this host.
   *
   * @param where port 0 selects a port that is free at each address
   * @param resolved all addresses of the name
   * @throws IOException naming the address, if one of them cannot be bound; none stays bound
   */
  private static <C extends NetworkChannel> List<C> bind(
      HostPort where, List<InetAddress> resolved, Binder<C> binder) throws IOException {
    List<InetAddress> addresses = ofThisHost(resolved);
    for (int attempt = 1; ; attempt++) {
      var sockets = new ArrayList<C>();
      try {
        int port = where.port();
        for (InetAddress address : addresses) {
          sockets.add(binder.bind(address, port));
          port = address(sockets.getFirst()).getPort();
        }
        return sockets;
      } catch (IOException e) {
        sockets.forEach(ListeningSockets::close);
        // The port that is free at the first address may be in use at another.
        boolean isOtherPortPossible = where.port() == 0 && !sockets.isEmpty();
        if (!isOtherPortPossible || attempt == MAX_ATTEMPTS) {
          throw new IOException(message(where, addresses, sockets.size(), e), e);
        }
      }
    }
  }

  private static String message(
      HostPort where, List<InetAddress> addresses, int bound, IOException cause) {
    HostPort failed = HostPort.of(new InetSocketAddress(addresses.get(bound), where.port()));
    boolean isName = where.literal().isEmpty() && addresses.size() > 1;
    return "cannot listen on "
        + where
        + (isName ? " at " + failed : "")
        + ": "
        + cause.getMessage();
  }

  /**
   * Returns the addresses that this host has. A system without IPv6 may still resolve localhost to
   * an IPv6 address, and a public name may have the addresses of several hosts.
   */
  private static List<InetAddress> ofThisHost(List<InetAddress> resolved) {
    if (resolved.size() == 1) {
      return resolved;
    }
    List<InetAddress> usable =
        resolved.stream()
            .distinct()
            .filter(ListeningSockets::isOfThisHost)
            .limit(MAX_ADDRESSES)
            .toList();
    return usable.isEmpty() ? resolved.subList(0, 1) : usable;
  }

  private static boolean isOfThisHost(InetAddress address) {
    try {
      close(bindTcp(address, 0));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Binds without SO_REUSEADDR, with which two programs could have one port. */
  private static DatagramChannel bindUdp(InetAddress address, int port) throws IOException {
    DatagramChannel socket = AddressFamily.open(address, DatagramChannel::open);
    try {
      return socket.bind(new InetSocketAddress(address, port));
    } catch (IOException e) {
      close(socket);
      throw e;
    }
  }

  private static ServerSocketChannel bindTcp(InetAddress address, int port) throws IOException {
    ServerSocketChannel server = AddressFamily.open(address, ServerSocketChannel::open);
    try {
      server.setOption(StandardSocketOptions.SO_REUSEADDR, true);
      return server.bind(new InetSocketAddress(address, port), BACKLOG);
    } catch (IOException | RuntimeException e) {
      close(server);
      throw e;
    }
  }

  /** Returns the address that a socket is bound to. */
  static InetSocketAddress address(NetworkChannel socket) throws IOException {
    return (InetSocketAddress) socket.getLocalAddress();
  }

  /** Closes a socket; its descriptor is released even if that fails. */
  static void close(NetworkChannel socket) {
    if (socket.isOpen()) {
      Descriptors.PROCESS.closed();
    }
    try {
      socket.close();
    } catch (IOException e) {
      // Nothing is left to release.
    }
  }
}
