package culvert.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/** An address that never answers: a full accept queue drops connections, as a firewall does. */
public final class UnansweredAddress implements AutoCloseable {

  private static final int FILLERS = 16;

  private final ServerSocketChannel server;
  private final List<SocketChannel> fillers = new ArrayList<>();

  /** Creates the address on a free loopback port. */
  public UnansweredAddress() throws IOException {
    this(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), 0));
  }

  /** Creates the address at an address of the test's choice. */
  public UnansweredAddress(InetSocketAddress address) throws IOException {
    server = ServerSocketChannel.open().bind(address, 1);
    for (int i = 0; i < FILLERS; i++) {
      SocketChannel filler = SocketChannel.open();
      fillers.add(filler);
      filler.configureBlocking(false);
      filler.connect(server.getLocalAddress());
    }
  }

  /** Returns the address that never answers. */
  public InetSocketAddress address() throws IOException {
    return (InetSocketAddress) server.getLocalAddress();
  }

  @Override
  public void close() throws IOException {
    for (SocketChannel filler : fillers) {
      filler.close();
    }
    server.close();
  }
}
