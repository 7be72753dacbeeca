package culvert.net;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.List;

/** Receives UDP datagrams at an address, or at all addresses of a name. */
public final class UdpListener implements AutoCloseable {

  private final List<UdpSocket> sockets;
  private final InetSocketAddress address;

  private UdpListener(List<UdpSocket> sockets) throws IOException {
    this.sockets = sockets;
    this.address = sockets.getFirst().local();
  }

  /**
   * Binds the address; of a name, every address that this host has, all at the same port. {@link
   * #start} begins to receive.
   *
   * @param where port 0 selects any free port; {@code 0.0.0.0} is IPv4 only, {@code [::]} both
   *     families
   * @throws IOException naming the address, if it cannot be bound
   */
  public static UdpListener bind(HostPort where, DatagramLoop loop) throws IOException {
    List<DatagramChannel> channels = ListeningSockets.bindUdp(where, where.resolve());
    try {
      var sockets = new ArrayList<UdpSocket>();
      for (DatagramChannel channel : channels) {
        sockets.add(UdpSocket.of(channel, loop));
      }
      return new UdpListener(List.copyOf(sockets));
    } catch (IOException e) {
      channels.forEach(ListeningSockets::close);
      throw new IOException("cannot listen on " + where + ": " + e.getMessage(), e);
    }
  }

  /** Returns the bound address with the actual port; of a name, its first address. */
  public InetSocketAddress address() {
    return address;
  }

  /** Starts to receive. */
  public void start(UdpSocket.Handler handler) throws IOException {
    for (UdpSocket socket : sockets) {
      socket.start(handler);
    }
  }

  /** Frees the port. */
  @Override
  public void close() {
    sockets.forEach(UdpSocket::close);
  }
}
