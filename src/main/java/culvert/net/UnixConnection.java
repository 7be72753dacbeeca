package culvert.net;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A connection to a Unix socket. It has no reset: the peer sees a failed connection as one that
 * ended in order, unless it has sent bytes that were not read. It has no network address either.
 */
public final class UnixConnection extends ChannelConnection {

  /** Pauses while the server's queue is full: they grow from the first to the second. */
  private static final long MIN_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private static final long MAX_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  /** Wraps a connected channel. */
  UnixConnection(SocketChannel channel, BufferPool pool) {
    super(channel, pool);
    opened();
  }

  /**
   * Connects. While the server's queue of connections is full, it tries again.
   *
   * @param limit time for all attempts
   * @param cancellation ends the attempts
   * @throws IOException naming the socket and the reason
   */
  static UnixConnection connect(
      UnixPath target, Duration limit, Cancellation cancellation, BufferPool pool)
      throws IOException {
    long deadline = System.nanoTime() + limit.toNanos();
    var cancelled = new CountDownLatch(1);
    cancellation.onCancel(cancelled::countDown);
    long pause = MIN_PAUSE_NANOS;
    try {
      SocketChannel channel = tryConnect(target);
      while (channel == null) {
        checkTime(deadline, limit);
        await(cancelled, Math.min(pause, deadline - System.nanoTime()));
        pause = Math.min(2 * pause, MAX_PAUSE_NANOS);
        channel = tryConnect(target);
      }
      return new UnixConnection(channel, pool);
    } catch (IOException e) {
      throw new IOException(target + ": " + e.getMessage(), e);
    }
  }

  /** Returns a connected channel, or null if the server's queue of connections is full. */
  private static SocketChannel tryConnect(UnixPath target) throws IOException {
    SocketChannel channel = open();
    try {
      // Otherwise a platform thread waits in the system's call, which has no limit.
      channel.configureBlocking(false);
      channel.connect(target.socket());
      channel.configureBlocking(true);
      return channel;
    } catch (IOException e) {
      channel.close();
      if (isQueueFull(e)) {
        return null;
      }
      throw e;
    } catch (RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static SocketChannel open() throws SocketOpenException {
    try {
      return SocketChannel.open(StandardProtocolFamily.UNIX);
    } catch (IOException e) {
      throw new SocketOpenException(e);
    }
  }

  /** The JDK distinguishes EAGAIN by the system's text only. */
  private static boolean isQueueFull(IOException e) {
    return e instanceof SocketException
        && String.valueOf(e.getMessage()).startsWith("Resource temporarily unavailable");
  }

  private static void checkTime(long deadline, Duration limit) throws IOException {
    if (deadline - System.nanoTime() <= 0) {
      throw new SocketTimeoutException(
          "the server has accepted no connection within " + Durations.of(limit));
    }
  }

  private static void await(CountDownLatch cancelled, long nanos) throws IOException {
    try {
      if (cancelled.await(nanos, TimeUnit.NANOSECONDS)) {
        throw new InterruptedIOException("cancelled");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
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
