package culvert.testing;

import culvert.net.HostPort;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Arrays;

/** A visitor of a UDP service: a socket on loopback that exchanges datagrams with one address. */
public final class UdpClient implements AutoCloseable {

  private static final int MAX_BYTES = 65_507;

  private final DatagramSocket socket;
  private final InetSocketAddress server;

  /** Opens a socket for a server. */
  public UdpClient(HostPort server) throws IOException {
    this(server, InetAddress.getLoopbackAddress());
  }

  /** Opens a socket with this source address. */
  public UdpClient(HostPort server, InetAddress source) throws IOException {
    this.server = new InetSocketAddress(server.host(), server.port());
    this.socket = new DatagramSocket(new InetSocketAddress(source, 0));
    socket.setSoTimeout((int) RolePair.LIMIT.toMillis());
  }

  /** Returns the socket's port. */
  public int port() {
    return socket.getLocalPort();
  }

  /** Sends a datagram. */
  public void send(byte[] datagram) throws IOException {
    socket.send(new DatagramPacket(datagram, datagram.length, server));
  }

  /** Returns the next datagram. */
  public byte[] receive() throws IOException {
    var packet = new DatagramPacket(new byte[MAX_BYTES], MAX_BYTES);
    socket.receive(packet);
    return Arrays.copyOf(packet.getData(), packet.getLength());
  }

  /** Receives until this datagram arrives; returns whether it did within the limit. */
  public boolean isReceived(byte[] expected, Duration limit) throws IOException {
    int usual = socket.getSoTimeout();
    long end = System.nanoTime() + limit.toNanos();
    try {
      for (long left = limit.toMillis(); left > 0; left = (end - System.nanoTime()) / 1_000_000) {
        socket.setSoTimeout((int) left);
        if (Arrays.equals(receive(), expected)) {
          return true;
        }
      }
      return false;
    } catch (SocketTimeoutException e) {
      return false;
    } finally {
      socket.setSoTimeout(usual);
    }
  }

  /**
   * Sends a datagram until an answer arrives: UDP may lose both, and the first one may find no
   * session.
   */
  public byte[] ask(byte[] datagram) throws IOException {
    int limit = socket.getSoTimeout();
    socket.setSoTimeout(300);
    try {
      for (long end = System.nanoTime() + RolePair.LIMIT.toNanos(); ; ) {
        send(datagram);
        try {
          return receive();
        } catch (SocketTimeoutException e) {
          if (System.nanoTime() > end) {
            throw e;
          }
        }
      }
    } finally {
      socket.setSoTimeout(limit);
    }
  }

  @Override
  public void close() {
    socket.close();
  }
}
