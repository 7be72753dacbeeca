package culvert.net;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;

/**
 * Connects to the first of several addresses that answers, as RFC 8305 describes: the next attempt
 * starts after a delay or as soon as the previous one fails, and the first connection closes the
 * other attempts.
 */
final class HappyEyeballs {

  private static final Duration HEAD_START = Duration.ofMillis(250);
  private static final int MAX_ADDRESSES = 16;

  private final BufferPool pool;
  private final long deadline;
  private final Duration headStart;
  private final boolean isResetOnDeath;
  private final OpenSet<SocketChannel> running = new OpenSet<>();
  private final AtomicReference<IOException> failure = new AtomicReference<>();

  /** The first connection, or empty after cancellation; later connections are closed. */
  private final AtomicReference<Optional<SocketConnection>> outcome = new AtomicReference<>();

  /**
   * Creates an attempt that ends when {@link System#nanoTime} reaches {@code deadline}.
   *
   * @param isResetOnDeath whether {@link Connection#resetOnDeath} applies from the first moment on
   */
  HappyEyeballs(BufferPool pool, long deadline, boolean isResetOnDeath) {
    this(pool, deadline, HEAD_START, isResetOnDeath);
  }

  HappyEyeballs(BufferPool pool, long deadline, Duration headStart, boolean isResetOnDeath) {
    this.pool = pool;
    this.deadline = deadline;
    this.headStart = headStart;
    this.isResetOnDeath = isResetOnDeath;
  }

  /**
   * Connects. When it returns, all other attempts have ended.
   *
   * @param found addresses in the order of the resolver
   * @throws IOException the failure of an address, or {@link SocketTimeoutException} if none
   *     answered
   */
  SocketConnection run(List<InetSocketAddress> found) throws IOException {
    List<InetSocketAddress> addresses = interleave(found);
    var others = new ArrayList<Thread>();
    try {
      for (InetSocketAddress address : addresses.subList(0, addresses.size() - 1)) {
        Thread other = Threads.start("dial " + HostPort.of(address), () -> attempt(address));
        others.add(other);
        other.join(headStart);
        if (outcome.get() != null) {
          break;
        }
      }
      // The last address, often the only one, needs no thread of its own: the first connection
      // closes the channel it blocks on.
      attempt(addresses.getLast());
      for (Thread other : others) {
        other.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      cancel();
    } catch (OutOfMemoryError e) {
      // No thread could be created; a connection made by a running attempt would not be used.
      cancel();
      throw e;
    }
    outcome.compareAndSet(null, Optional.empty());
    return outcome.get().orElseThrow(this::failure);
  }

  /** Ends all attempts if none has connected yet. Never blocks. */
  void cancel() {
    decide(Optional.empty());
  }

  /**
   * Returns the first addresses with the two families alternating, starting with the family that
   * the resolver prefers: if one family is unreachable, the second attempt already uses the other.
   */
  static List<InetSocketAddress> interleave(List<InetSocketAddress> addresses) {
    boolean v4First = isV4(addresses.getFirst());
    var families = addresses.stream().collect(Collectors.partitioningBy(a -> isV4(a) == v4First));
    var preferred = families.get(true).iterator();
    var other = families.get(false).iterator();
    var turns = new ArrayList<InetSocketAddress>();
    while (preferred.hasNext() || other.hasNext()) {
      if (preferred.hasNext()) {
        turns.add(preferred.next());
      }
      if (other.hasNext()) {
        turns.add(other.next());
      }
    }
    return turns.subList(0, Math.min(MAX_ADDRESSES, turns.size()));
  }

  private static boolean isV4(InetSocketAddress address) {
    return address.getAddress() instanceof Inet4Address;
  }

  private boolean decide(Optional<SocketConnection> winner) {
    boolean first = outcome.compareAndSet(null, winner);
    running.closeAll(HappyEyeballs::close);
    return first;
  }

  private void attempt(InetSocketAddress address) {
    long leftMillis = (deadline - System.nanoTime()) / 1_000_000;
    if (leftMillis <= 0 || outcome.get() != null) {
      return;
    }
    try {
      SocketConnection connection = connect(address, (int) Math.min(leftMillis, Integer.MAX_VALUE));
      if (!decide(Optional.of(connection))) {
        discard(connection);
      }
    } catch (SocketTimeoutException e) {
      // Reported only if no address failed otherwise.
    } catch (IOException e) {
      failure.set(AddressFamily.dialFailure(address.getAddress(), e));
    }
  }

  private void discard(SocketConnection connection) {
    if (isResetOnDeath) {
      connection.reset();
    } else {
      connection.close();
    }
  }

  private SocketConnection connect(InetSocketAddress address, int millis) throws IOException {
    SocketChannel channel = open();
    try {
      if (!running.add(channel)) {
        throw new ClosedChannelException();
      }
      if (isResetOnDeath) {
        // Set before connecting: the process may die before the next instruction.
        channel.setOption(StandardSocketOptions.SO_LINGER, 0);
      }
      channel.socket().connect(address, millis);
      // The last step that can fail: the connection, once created, counts until it is closed.
      return new SocketConnection(channel, pool, isResetOnDeath);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    } finally {
      running.remove(channel);
    }
  }

  private static SocketChannel open() throws SocketOpenException {
    try {
      return SocketChannel.open();
    } catch (IOException e) {
      throw new SocketOpenException(e);
    }
  }

  private IOException failure() {
    if (Thread.currentThread().isInterrupted()) {
      // An interrupt closes the channel that the thread blocks on, with an exception without a
      // message.
      return new InterruptedIOException("interrupted");
    }
    IOException last = failure.get();
    return last != null ? last : new SocketTimeoutException("no answer");
  }

  private static void close(SocketChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      // The descriptor is released even if close fails.
    }
  }
}
