package culvert.testing;

import culvert.net.BufferPool;
import culvert.net.SocketConnection;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/**
 * Two ends of one TCP connection over loopback.
 *
 * @param near the end that dialled
 * @param far the end that accepted
 */
public record Loopback(SocketConnection near, SocketConnection far) implements AutoCloseable {

  /** Opens a pair with the system's default buffer sizes. */
  public static Loopback open() throws IOException {
    return open(0);
  }

  /** Opens a pair with send and receive buffers of about {@code bufferBytes}. */
  public static Loopback open(int bufferBytes) throws IOException {
    return open(bufferBytes, new BufferPool());
  }

  /** Opens a pair with such buffers that borrows from {@code pool}. */
  public static Loopback open(int bufferBytes, BufferPool pool) throws IOException {
    try (var server = ServerSocketChannel.open()) {
      if (bufferBytes > 0) {
        server.setOption(StandardSocketOptions.SO_RCVBUF, bufferBytes);
      }
      server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      var client = SocketChannel.open();
      if (bufferBytes > 0) {
        client.setOption(StandardSocketOptions.SO_RCVBUF, bufferBytes);
        client.setOption(StandardSocketOptions.SO_SNDBUF, bufferBytes);
      }
      client.connect(server.getLocalAddress());
      var accepted = server.accept();
      if (bufferBytes > 0) {
        accepted.setOption(StandardSocketOptions.SO_SNDBUF, bufferBytes);
      }
      return new Loopback(new SocketConnection(client, pool), new SocketConnection(accepted, pool));
    }
  }

  @Override
  public void close() {
    near.close();
    far.close();
  }
}
