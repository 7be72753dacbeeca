package culvert.net;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.function.Consumer;

/** Opens TCP connections. Names are resolved at every attempt and every address is tried. */
public final class Dialer {

  private final BufferPool pool;

  /** Connections will borrow their large buffers from {@code pool}. */
  public Dialer(BufferPool pool) {
    this.pool = pool;
  }

  /**
   * Connects to the first address of {@code target} that answers.
   *
   * @param limit the time for all addresses together
   * @throws IOException naming the address and what it said
   */
  public SocketConnection connect(HostPort target, Duration limit) throws IOException {
    return connect(target, limit, cancel -> {});
  }

  /**
   * The same, for somebody who may want to give up in between.
   *
   * @param onAttempt is given, before each address is tried, what ends the attempt
   */
  public SocketConnection connect(HostPort target, Duration limit, Consumer<Runnable> onAttempt)
      throws IOException {
    long deadline = System.nanoTime() + limit.toNanos();
    IOException last = null;
    for (InetAddress address : target.resolve()) {
      long leftMillis = (deadline - System.nanoTime()) / 1_000_000;
      if (leftMillis <= 0) {
        break;
      }
      try {
        return connect(
            new InetSocketAddress(address, target.port()),
            (int) Math.min(leftMillis, Integer.MAX_VALUE),
            onAttempt);
      } catch (IOException e) {
        last = last == null || !(e instanceof SocketTimeoutException) ? e : last;
      }
    }
    throw new IOException(
        target + ": " + (last == null ? "no answer within " + Durations.of(limit) : reason(last)),
        last);
  }

  private SocketConnection connect(
      InetSocketAddress address, int millis, Consumer<Runnable> onAttempt) throws IOException {
    SocketChannel channel = SocketChannel.open();
    try {
      onAttempt.accept(() -> close(channel));
      channel.socket().connect(address, millis);
      return new SocketConnection(channel, pool);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static void close(SocketChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      // The descriptor is released whatever close says.
    }
  }

  private static String reason(IOException e) {
    return e instanceof SocketTimeoutException ? "no answer in time" : e.getMessage();
  }
}
