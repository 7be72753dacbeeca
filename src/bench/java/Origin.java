import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.Channel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/**
 * The origin server. The first byte of a connection selects the service: {@link #DOWN} and {@link
 * #UP} transfer bulk, {@link #KEYS} echoes all bytes, and the others answer each {@link
 * #REQUEST_BYTES} with {@link #ANSWER_BYTES}. One thread answers all requests; each bulk connection
 * has its own thread.
 */
final class Origin implements AutoCloseable {

  static final byte DOWN = 'D';
  static final byte UP = 'U';
  static final byte KEYS = 'K';
  static final byte REQUESTS = 'G';

  /** One request; the origin server closes the connection after its answer. */
  static final byte ONE_REQUEST = 'C';

  static final int REQUEST_BYTES = 100;
  static final int ANSWER_BYTES = 900;
  static final int BULK_BYTES = 128 * 1024;
  private static final int BACKLOG = 4096;

  private final Selector selector = Selector.open();
  private final ServerSocketChannel server = ServerSocketChannel.open();
  private final ByteBuffer input = ByteBuffer.allocateDirect(64 * 1024);
  private final ByteBuffer answer = ByteBuffer.allocateDirect(ANSWER_BYTES);
  private final LongAdder uploaded = new LongAdder();
  private final List<SelectionKey> bulk = new ArrayList<>();

  Origin() throws IOException {
    server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), BACKLOG);
    server.configureBlocking(false);
    server.register(selector, SelectionKey.OP_ACCEPT);
    Thread.ofPlatform().daemon().name("origin").start(this::serve);
  }

  InetSocketAddress address() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), server.socket().getLocalPort());
  }

  /** Returns the number of bytes received on all {@link #UP} connections so far. */
  long uploaded() {
    return uploaded.sum();
  }

  private void serve() {
    try {
      while (selector.isOpen()) {
        selector.select(this::ready);
        handOver();
      }
    } catch (IOException e) {
      Bench.warn("origin server: " + e.getMessage());
    }
  }

  private void ready(SelectionKey key) {
    try {
      if (key.channel() == server) {
        accept();
      } else {
        exchange(key, (Visit) key.attachment());
      }
    } catch (IOException e) {
      close(key.channel());
    }
  }

  private void accept() throws IOException {
    for (SocketChannel channel; (channel = server.accept()) != null; ) {
      channel.configureBlocking(false);
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      channel.register(selector, SelectionKey.OP_READ, new Visit());
    }
  }

  private void exchange(SelectionKey key, Visit visit) throws IOException {
    var channel = (SocketChannel) key.channel();
    int count = channel.read(input.clear());
    if (count < 0) {
      channel.close();
      return;
    }
    if (visit.kind == 0 && count > 0) {
      visit.kind = input.get(0);
    }
    if (visit.kind != REQUESTS && visit.kind != ONE_REQUEST) {
      key.cancel();
      bulk.add(key);
      return;
    }
    for (visit.received += count; visit.received >= REQUEST_BYTES; ) {
      visit.received -= REQUEST_BYTES;
      channel.write(answer.clear());
    }
    if (visit.kind == ONE_REQUEST && visit.received == 0) {
      channel.close();
    }
  }

  /** Starts a thread for each bulk connection that the selector has deregistered. */
  private void handOver() throws IOException {
    if (bulk.isEmpty()) {
      return;
    }
    selector.selectNow(this::ready);
    for (SelectionKey key : List.copyOf(bulk)) {
      if (!key.channel().isRegistered()) {
        bulk.remove(key);
        byte kind = ((Visit) key.attachment()).kind;
        var channel = (SocketChannel) key.channel();
        Thread.ofPlatform().daemon().name("origin-bulk").start(() -> move(channel, kind));
      }
    }
    if (!bulk.isEmpty()) {
      selector.wakeup();
    }
  }

  private void move(SocketChannel channel, byte kind) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(BULK_BYTES);
    try (channel) {
      channel.configureBlocking(true);
      while (kind == DOWN) {
        channel.write(buffer.clear());
      }
      for (int count; (count = channel.read(buffer.clear())) >= 0; ) {
        uploaded.add(count);
        if (kind == KEYS) {
          channel.write(buffer.flip());
        }
      }
    } catch (IOException e) {
      // The visitor has disconnected.
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    selector.close();
  }

  private static void close(Channel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      // The channel is unusable in either case.
    }
  }

  /** The state of a connection. */
  private static final class Visit {
    private byte kind;
    private int received;
  }
}
