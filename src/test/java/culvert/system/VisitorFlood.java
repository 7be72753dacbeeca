package culvert.system;

import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.testing.Pace;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** Visitors of one service from one source address, which stay connected until the end. */
final class VisitorFlood implements AutoCloseable {

  private static final byte[] REQUEST =
      "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private static final Duration TICK = Duration.ofMillis(5);

  private final HostPort service;
  private final String source;
  private final List<SocketChannel> visitors = new CopyOnWriteArrayList<>();
  private final AtomicInteger opened = new AtomicInteger();
  private volatile boolean over;
  private Thread opener;

  private VisitorFlood(HostPort service, String source) {
    this.service = service;
    this.source = source;
  }

  /** Opens this many visitors, which send nothing. */
  static VisitorFlood of(HostPort service, String source, int visitors) throws IOException {
    var flood = new VisitorFlood(service, source);
    for (int i = 0; i < visitors; i++) {
      flood.open();
    }
    return flood;
  }

  /** Opens visitors that send a request at this rate until the flood is closed. */
  static VisitorFlood ofRate(HostPort service, String source, int perSecond) {
    var flood = new VisitorFlood(service, source);
    flood.opener = Threads.start("visitor flood", () -> flood.openAt(perSecond));
    return flood;
  }

  private void openAt(int perSecond) {
    long start = System.nanoTime();
    while (!over) {
      long due = (System.nanoTime() - start) / (Duration.ofSeconds(1).toNanos() / perSecond);
      try {
        while (opened.get() < due && !over) {
          open().write(ByteBuffer.wrap(REQUEST));
        }
        Pace.pause(TICK);
      } catch (IOException e) {
        // The remote proxy has reset the visitor during the write.
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private SocketChannel open() throws IOException {
    SocketChannel visitor = SocketChannel.open();
    visitors.add(visitor);
    visitor.bind(new InetSocketAddress(source, 0));
    visitor.connect(new InetSocketAddress(service.host(), service.port()));
    opened.incrementAndGet();
    return visitor;
  }

  /** Returns how many visitors have connected. */
  int opened() {
    return opened.get();
  }

  @Override
  public void close() throws IOException {
    over = true;
    try {
      if (opener != null) {
        opener.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    for (SocketChannel visitor : visitors) {
      visitor.close();
    }
  }
}
