import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;

/**
 * Transfers bulk through a number of streams, one direction at a time, and counts the bytes that
 * arrive between the warm-up and the end.
 *
 * @param bitsPerSecond the throughput
 * @param cpuPerGigabyte CPU time of the tunnel's processes per gigabyte, in seconds
 */
record BulkLoad(double bitsPerSecond, double cpuPerGigabyte) {

  private static final int SETTLE_MILLIS = 300;

  static BulkLoad measure(Running tunnel, Origin origin, byte kind, int streams, Window window)
      throws IOException {
    var downloaded = new LongAdder();
    var failure = new AtomicReference<IOException>();
    List<SocketChannel> channels = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    try {
      for (int i = 0; i < streams; i++) {
        SocketChannel channel = SocketChannel.open(tunnel.visitors());
        channels.add(channel);
        threads.add(
            Thread.ofPlatform()
                .daemon()
                .name("bulk")
                .start(() -> move(channel, kind, downloaded, failure)));
      }
      Bench.pause(window.warmMillis());
      long start = System.nanoTime();
      long bytes = downloaded.sum() + origin.uploaded();
      double cpu = tunnel.cpuSeconds();
      Bench.pause(window.millis());
      bytes = downloaded.sum() + origin.uploaded() - bytes;
      double seconds = (System.nanoTime() - start) / 1e9;
      cpu = tunnel.cpuSeconds() - cpu;
      if (failure.get() != null) {
        throw failure.get();
      }
      if (bytes == 0) {
        throw new IOException("no bulk arrived");
      }
      return new BulkLoad(bytes * 8 / seconds, cpu / (bytes / 1e9));
    } finally {
      for (SocketChannel channel : channels) {
        channel.close();
      }
      threads.forEach(BulkLoad::join);
      Bench.pause(SETTLE_MILLIS);
    }
  }

  private static void move(
      SocketChannel channel,
      byte kind,
      LongAdder downloaded,
      AtomicReference<IOException> failure) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(Origin.BULK_BYTES).put(0, kind);
    try {
      if (kind == Origin.DOWN) {
        channel.write(buffer.limit(1));
        for (int count; (count = channel.read(buffer.clear())) >= 0; ) {
          downloaded.add(count);
        }
        throw new IOException("the bulk ended early");
      }
      while (true) {
        channel.write(buffer.clear());
      }
    } catch (IOException e) {
      if (channel.isOpen()) {
        failure.compareAndSet(null, e);
      }
    }
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new UncheckedIOException(new InterruptedIOException());
    }
  }
}
