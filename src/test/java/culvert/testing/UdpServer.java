package culvert.testing;

import culvert.net.HostPort;
import culvert.net.Threads;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;

/** A UDP server on loopback, whose answers the test decides. */
public final class UdpServer implements AutoCloseable {

  private static final int MAX_BYTES = 65_507;

  /** Answers datagrams. */
  @FunctionalInterface
  public interface Service {
    /** Returns the answer to a datagram, or null for none. */
    byte[] answer(InetSocketAddress source, byte[] datagram) throws IOException;
  }

  private final DatagramSocket socket;
  private final Service service;
  private final Thread thread;
  private volatile boolean isExclusive;

  /** Starts a server that sends each datagram back. */
  public static UdpServer echo() throws IOException {
    return new UdpServer(0, (source, datagram) -> datagram);
  }

  /** Starts a server on any free port. */
  public UdpServer(Service service) throws IOException {
    this(0, service);
  }

  /** Starts a server on this port. */
  public UdpServer(int port, Service service) throws IOException {
    this.socket = new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    this.service = service;
    this.thread = Threads.start("udp server", this::run);
  }

  /** Returns the server's address. */
  public HostPort address() {
    return HostPort.of((InetSocketAddress) socket.getLocalSocketAddress());
  }

  /**
   * Accepts datagrams from the next one's source only; others are answered by ICMP from then on.
   */
  public void acceptOnlyNextSource() {
    isExclusive = true;
  }

  private void run() {
    var packet = new DatagramPacket(new byte[MAX_BYTES], MAX_BYTES);
    while (true) {
      try {
        packet.setLength(MAX_BYTES);
        socket.receive(packet);
        var source = (InetSocketAddress) packet.getSocketAddress();
        if (isExclusive && !socket.isConnected()) {
          // In this thread: a call by another one would wait for the next datagram.
          socket.connect(source);
        }
        byte[] answer = service.answer(source, Arrays.copyOf(packet.getData(), packet.getLength()));
        if (answer != null) {
          socket.send(new DatagramPacket(answer, answer.length, source));
        }
      } catch (IOException e) {
        if (socket.isClosed()) {
          return;
        }
      }
    }
  }

  /** Frees the port; datagrams are answered by ICMP from now on. */
  public void stop() {
    socket.close();
    try {
      // The thread that receives holds the port until it has noticed.
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    stop();
  }
}
