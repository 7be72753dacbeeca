import java.io.EOFException;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Arrays;

/**
 * Sends requests over a number of connections from one thread, each after the answer to the
 * previous one. A connection is kept or is new for each request; a new one is complete when the
 * origin server's end of stream has arrived, and its latency includes connecting.
 */
final class RequestLoad implements AutoCloseable {

  private static final int MAX_LOST = 100;

  private final Running tunnel;
  private final byte kind;
  private final Selector selector = Selector.open();
  private final ByteBuffer request = ByteBuffer.allocateDirect(Origin.REQUEST_BYTES);
  private final ByteBuffer input = ByteBuffer.allocateDirect(64 * 1024);
  private long[] latencies = new long[1 << 16];
  private int count;
  private int lost;
  private boolean counts;

  private RequestLoad(Running tunnel, byte kind) throws IOException {
    this.tunnel = tunnel;
    this.kind = kind;
    request.put(0, kind);
  }

  /**
   * The result of a measurement.
   *
   * @param p50 median latency in microseconds
   * @param p99 99th percentile of latency in microseconds
   * @param cpu CPU time of the tunnel's processes per request, in microseconds
   */
  record Result(double perSecond, double p50, double p99, double cpu) {}

  static Result measure(Running tunnel, byte kind, int connections, Window window)
      throws IOException {
    try (var load = new RequestLoad(tunnel, kind)) {
      for (int i = 0; i < connections; i++) {
        load.connect();
      }
      load.run(window.warmMillis());
      load.counts = true;
      double cpu = tunnel.cpuSeconds();
      long start = System.nanoTime();
      load.run(window.millis());
      return load.result((System.nanoTime() - start) / 1e9, tunnel.cpuSeconds() - cpu);
    }
  }

  private Result result(double seconds, double cpu) throws IOException {
    if (lost > 0) {
      Bench.warn(lost + " connections were lost and replaced");
    }
    if (count == 0) {
      throw new IOException("no request was answered");
    }
    Arrays.sort(latencies, 0, count);
    return new Result(
        count / seconds,
        latencies[count / 2] / 1e3,
        latencies[(int) (count * 0.99)] / 1e3,
        cpu * 1e6 / count);
  }

  private void run(long millis) throws IOException {
    long end = System.nanoTime() + millis * 1_000_000;
    for (long left; (left = (end - System.nanoTime()) / 1_000_000) > 0; ) {
      selector.select(this::ready, left);
      if (lost > MAX_LOST) {
        throw new IOException("more than " + MAX_LOST + " connections were lost");
      }
    }
  }

  private void connect() throws IOException {
    SocketChannel channel = SocketChannel.open();
    channel.configureBlocking(false);
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    var visit = new Visit(System.nanoTime());
    boolean connected = channel.connect(tunnel.visitors());
    channel.register(selector, connected ? SelectionKey.OP_READ : SelectionKey.OP_CONNECT, visit);
    if (connected) {
      channel.write(request.clear());
    }
  }

  private void ready(SelectionKey key) {
    var channel = (SocketChannel) key.channel();
    try {
      try {
        if (key.isConnectable()) {
          channel.finishConnect();
          key.interestOps(SelectionKey.OP_READ);
          channel.write(request.clear());
        } else {
          read(channel, (Visit) key.attachment());
        }
      } catch (IOException e) {
        lost++;
        channel.close();
        connect();
      }
    } catch (IOException e) {
      lost = MAX_LOST + 1;
    }
  }

  private void read(SocketChannel channel, Visit visit) throws IOException {
    int bytes = channel.read(input.clear());
    visit.received += Math.max(bytes, 0);
    boolean answered = visit.received == Origin.ANSWER_BYTES;
    if (bytes < 0 && !(answered && kind == Origin.ONE_REQUEST)) {
      throw new EOFException();
    }
    if (bytes < 0) {
      recordLatency(visit.start);
      channel.close();
      connect();
    } else if (answered && kind == Origin.REQUESTS) {
      recordLatency(visit.start);
      visit.received = 0;
      visit.start = System.nanoTime();
      channel.write(request.clear());
    }
  }

  private void recordLatency(long start) {
    if (counts) {
      if (count == latencies.length) {
        latencies = Arrays.copyOf(latencies, count * 2);
      }
      latencies[count++] = System.nanoTime() - start;
    }
  }

  @Override
  public void close() throws IOException {
    for (SelectionKey key : selector.keys()) {
      key.channel().close();
    }
    selector.close();
  }

  /** A pending request. */
  private static final class Visit {
    private long start;
    private int received;

    private Visit(long start) {
      this.start = start;
    }
  }
}
