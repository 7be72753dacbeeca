package culvert.net;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.channels.SocketChannel;

/**
 * A connection to a Unix socket. It has no reset: the peer sees a failed connection as one that
 * ended in order, unless it has sent bytes that were not read. It has no network address either.
 */
public final class UnixConnection extends ChannelConnection {

  /** Wraps a connected channel. */
  UnixConnection(SocketChannel channel, BufferPool pool) {
    super(channel, pool);
    opened();
  }

  /**
   * Connects. In a virtual thread it does not wait for a server whose queue of connections is full.
   *
   * @throws IOException naming the socket and the reason
   */
  static UnixConnection connect(UnixPath target, BufferPool pool) throws IOException {
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.connect(target.socket());
      return new UnixConnection(channel, pool);
    } catch (IOException e) {
      channel.close();
      throw new IOException(target + ": " + e.getMessage(), e);
    } catch (RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  @Override
  int available() {
    return 0;
  }

  /** The channel has no such method, and its blocking mode cannot change during a write. */
  @Override
  boolean canCountAvailable() {
    return false;
  }

  @Override
  void setReset(boolean isReset) {}

  @Override
  public InetSocketAddress peer() {
    return UnixPeer.ADDRESS;
  }

  @Override
  public InetSocketAddress local() {
    return UnixPeer.ADDRESS;
  }
}
