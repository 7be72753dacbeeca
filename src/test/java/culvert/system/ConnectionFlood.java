package culvert.system;

import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.testing.Pace;
import culvert.testing.RolePair;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.IntFunction;

/**
 * Connections from many loopback addresses at a steady rate, each of which may send something and
 * then neither reads nor closes. A limited number is open: the oldest is reset for a new one.
 */
final class ConnectionFlood implements AutoCloseable {

  private static final int MAX_OPEN = 2000;
  private static final Duration TICK = Duration.ofMillis(2);

  private final InetSocketAddress target;
  private final int perSecond;
  private final IntFunction<String> source;
  private final IntFunction<byte[]> greeting;
  private final Deque<SocketChannel> open = new ArrayDeque<>();
  private final long sinceNanos = System.nanoTime();
  private final Thread thread;
  private volatile boolean isOver;
  private volatile int attempts;
  private volatile int failures;

  /**
   * Starts the connections.
   *
   * @param source the source address of a connection, by its number
   * @param greeting the bytes that it sends
   */
  ConnectionFlood(
      HostPort target, int perSecond, IntFunction<String> source, IntFunction<byte[]> greeting) {
    this.target = new InetSocketAddress(target.host(), target.port());
    this.perSecond = perSecond;
    this.source = source;
    this.greeting = greeting;
    this.thread = Threads.startPlatform("flood", this::run);
  }

  /** Starts silent connections from 5,000 addresses. */
  static ConnectionFlood silentFromMany(HostPort target, int perSecond) {
    return new ConnectionFlood(target, perSecond, ConnectionFlood::oneOf5000, i -> new byte[0]);
  }

  private static String oneOf5000(int number) {
    return "127.1." + number % 5000 / 250 + "." + (1 + number % 250);
  }

  /** Starts silent connections from five addresses. */
  static ConnectionFlood silent(HostPort target, int perSecond) {
    return new ConnectionFlood(target, perSecond, i -> "127.0.1." + (1 + i % 5), i -> new byte[0]);
  }

  /** Starts connections from 5,000 addresses that send lines, HTTP, TLS or an invalid login. */
  static ConnectionFlood garbage(HostPort target, int perSecond) {
    String[] texts = {
      "garbage\r\n",
      "GET / HTTP/1.1\r\n\r\n",
      "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc",
      "CULVERT\u0001\u0000\u0000\u0000\u0000garbage"
    };
    return new ConnectionFlood(
        target,
        perSecond,
        ConnectionFlood::oneOf5000,
        i -> texts[i % texts.length].getBytes(StandardCharsets.ISO_8859_1));
  }

  private void run() {
    try {
      while (!isOver) {
        long elapsed = System.nanoTime() - sinceNanos;
        while (!isOver && attempts < elapsed / 1e9 * perSecond) {
          connect(attempts++);
        }
        Pace.pause(TICK);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      open.forEach(ConnectionFlood::reset);
    }
  }

  /** Does not wait for the connection: the target may accept it late. */
  private void connect(int number) {
    if (open.size() >= MAX_OPEN) {
      reset(open.removeFirst());
    }
    try {
      var channel = SocketChannel.open();
      open.addLast(channel);
      channel.setOption(StandardSocketOptions.SO_LINGER, 0);
      channel.configureBlocking(false);
      channel.bind(new InetSocketAddress(source.apply(number), 0));
      if (channel.connect(target) || channel.finishConnect()) {
        channel.write(ByteBuffer.wrap(greeting.apply(number)));
      }
    } catch (IOException e) {
      failures++;
    }
  }

  private static void reset(SocketChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      // The descriptor is released even if close fails.
    }
  }

  /** Returns the rate that was reached. */
  @Override
  public String toString() {
    double seconds = (System.nanoTime() - sinceNanos) / 1e9;
    return "%.0f connections a second (%d failed)".formatted(attempts / seconds, failures);
  }

  @Override
  public void close() {
    isOver = true;
    try {
      thread.join(RolePair.LIMIT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
