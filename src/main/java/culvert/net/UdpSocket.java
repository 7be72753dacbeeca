package culvert.net;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A UDP socket in non-blocking mode, whose datagrams a {@link DatagramLoop} delivers. Any thread
 * may send; a datagram for which the system's buffer has no space is dropped.
 */
public final class UdpSocket implements AutoCloseable {

  /** Receives the datagrams of a socket, in the loop's thread; no method may block. */
  public interface Handler {
    /**
     * A datagram was received.
     *
     * @param datagram its remaining bytes, which are valid during the call only
     */
    void received(UdpSocket socket, InetSocketAddress source, ByteBuffer datagram);

    /** The socket reported an error; of a connected one, usually that its peer is unreachable. */
    void failed(UdpSocket socket, IOException cause);
  }

  /** Datagrams of one socket that are delivered before it is the turn of other sockets. */
  private static final int MAX_PER_TURN = 64;

  /** Empty datagrams of one socket that wait to be sent. */
  static final int MAX_EMPTY = 8;

  /** Requested size of the system's buffers; the system may grant less. */
  private static final int BUFFER_BYTES = 4 * 1024 * 1024;

  private final DatagramChannel channel;
  private final DatagramLoop loop;
  private final AtomicBoolean closed = new AtomicBoolean();
  private final AtomicInteger waitingEmpty = new AtomicInteger();
  private final Runnable sendingEmpty = this::sendWaitingEmpty;

  /** Set before the loop knows the socket. */
  private volatile Handler handler;

  private UdpSocket(DatagramChannel channel, DatagramLoop loop) {
    this.channel = channel;
    this.loop = loop;
  }

  /** Takes over a bound channel; {@link #start} begins to receive. */
  static UdpSocket of(DatagramChannel bound, DatagramLoop loop) throws IOException {
    bound.configureBlocking(false);
    bound.setOption(StandardSocketOptions.SO_RCVBUF, BUFFER_BYTES);
    bound.setOption(StandardSocketOptions.SO_SNDBUF, BUFFER_BYTES);
    return new UdpSocket(bound, loop);
  }

  /**
   * Opens a socket that exchanges datagrams with one address only, and starts to receive.
   *
   * @throws IOException naming the address, if there is no route, no free descriptor, or no socket
   *     of the address's family
   */
  public static UdpSocket connect(InetSocketAddress to, DatagramLoop loop, Handler handler)
      throws IOException {
    DatagramChannel channel = null;
    try {
      if (Descriptors.PROCESS.isReserveReached()) {
        throw new IOException("Too many open files: raise the limit (ulimit -n)");
      }
      channel = AddressFamily.open(to.getAddress(), DatagramChannel::open);
      channel.configureBlocking(false);
      channel.connect(to);
      var socket = new UdpSocket(channel, loop);
      socket.start(handler);
      return socket;
    } catch (IOException e) {
      if (channel != null) {
        ListeningSockets.close(channel);
      }
      throw new IOException(HostPort.of(to) + ": " + e.getMessage(), e);
    }
  }

  /** Starts to receive. */
  void start(Handler receiver) throws IOException {
    handler = receiver;
    loop.add(this, channel);
  }

  /** Returns the address that the socket is bound to. */
  public InetSocketAddress local() throws IOException {
    return ListeningSockets.address(channel);
  }

  /** Delivers what has arrived, up to a limit; called by the loop's thread. */
  void receive(ByteBuffer buffer) {
    try {
      for (int i = 0; i < MAX_PER_TURN; i++) {
        // Of a connected socket too: a read returns 0 for an empty datagram and for none.
        var source = (InetSocketAddress) channel.receive(buffer.clear());
        if (source == null) {
          return;
        }
        handler.received(this, source, buffer.flip());
      }
    } catch (ClosedChannelException e) {
      // Closed by another thread.
    } catch (IOException e) {
      handler.failed(this, e);
    }
  }

  /**
   * Sends a datagram to the address to which the socket is connected. An empty one is sent by the
   * loop's thread, because it takes several system calls; later ones may overtake it.
   *
   * @return false if it was dropped, because the system's buffer is full or too many empty ones
   *     wait
   * @throws IOException if the system refuses it, or reports an error of an earlier one
   */
  public boolean send(ByteBuffer datagram) throws IOException {
    return datagram.hasRemaining() ? channel.write(datagram) > 0 : sendEmptyLater();
  }

  private boolean sendEmptyLater() throws IOException {
    boolean isSupported = channel.supportedOptions().contains(StandardSocketOptions.SO_REUSEPORT);
    if (!isSupported || waitingEmpty.getAndUpdate(UdpSocket::addEmpty) == MAX_EMPTY) {
      return false;
    }
    loop.execute(sendingEmpty);
    return true;
  }

  private static int addEmpty(int waiting) {
    return Math.min(waiting + 1, MAX_EMPTY);
  }

  private void sendWaitingEmpty() {
    try {
      sendEmpty(waitingEmpty.getAndSet(0));
    } catch (ClosedChannelException e) {
      // Closed by another thread.
    } catch (IOException e) {
      handler.failed(this, e);
    }
  }

  /**
   * Sends empty datagrams to the connected address. The JDK sends none on a connected channel
   * (IOUtil returns at once), so a second one that is bound to the same port for that time sends
   * them.
   */
  private void sendEmpty(int count) throws IOException {
    var to = (InetSocketAddress) channel.getRemoteAddress();
    channel.setOption(StandardSocketOptions.SO_REUSEPORT, true);
    try (DatagramChannel second = DatagramChannel.open(AddressFamily.of(to.getAddress()))) {
      second.setOption(StandardSocketOptions.SO_REUSEPORT, true);
      second.configureBlocking(false);
      second.bind(channel.getLocalAddress());
      for (int i = 0; i < count; i++) {
        second.send(ByteBuffer.allocate(0), to);
      }
    } finally {
      channel.setOption(StandardSocketOptions.SO_REUSEPORT, false);
    }
  }

  /** Sends a datagram to this address, of a socket that is not connected. */
  public boolean send(ByteBuffer datagram, InetSocketAddress to) throws IOException {
    boolean isEmpty = !datagram.hasRemaining();
    return channel.send(datagram, to) > 0 || isEmpty;
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      loop.cancel(sendingEmpty);
      try {
        channel.close();
      } catch (IOException e) {
        // Nothing is left to release.
      }
      loop.release(channel);
    }
  }
}
