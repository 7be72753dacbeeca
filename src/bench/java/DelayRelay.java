import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;

/**
 * Simulates a long link: delays bytes by half a round trip in each direction and limits the rate,
 * which all its connections share. Connecting takes a round trip, and the server sees the
 * connection half of one later. Bytes in flight on a connection are limited like TCP's window on a
 * long path.
 */
final class DelayRelay implements AutoCloseable {

  private static final int CHUNK_BYTES = 32 * 1024;
  private static final int SLOW_CHUNK_BYTES = 1448;

  /**
   * Half of a 6 MiB window: half a round trip is in flight here, the rest awaits acknowledgement.
   */
  private static final int MAX_BYTES = 3 * 1024 * 1024;

  /** Keeps seconds of bulk out of the kernel's receive buffer on a slow link. */
  private static final int SLOW_RECEIVE_BYTES = 32 * 1024;

  private static final Duration MAX_QUEUE = Duration.ofMillis(20);

  private final ServerSocket server;
  private final InetSocketAddress target;
  private final Distance distance;
  private final Lane there = new Lane();
  private final Lane back = new Lane();
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

  DelayRelay(InetSocketAddress listen, InetSocketAddress target, Distance distance)
      throws IOException {
    this.target = target;
    this.distance = distance;
    this.server = new ServerSocket();
    if (distance.isSlow()) {
      server.setReceiveBufferSize(SLOW_RECEIVE_BYTES);
    }
    server.bind(listen);
    Thread.ofVirtual().start(this::accept);
  }

  InetSocketAddress address() {
    return (InetSocketAddress) server.getLocalSocketAddress();
  }

  private void accept() {
    try {
      while (true) {
        Socket near = server.accept();
        long accepted = System.nanoTime();
        Thread.ofVirtual().start(() -> join(near, accepted));
      }
    } catch (IOException e) {
      // The relay was closed.
    }
  }

  private void join(Socket near, long accepted) {
    sockets.add(near);
    var far = new Socket();
    sockets.add(far);
    try (near;
        far) {
      if (distance.isSlow()) {
        far.setReceiveBufferSize(SLOW_RECEIVE_BYTES);
      }
      near.setTcpNoDelay(true);
      far.setTcpNoDelay(true);
      long roundTrip = distance.roundTrip().toNanos();
      sleepUntil(accepted + roundTrip);
      far.connect(target);
      Thread other =
          Thread.ofVirtual().start(() -> carryBack(far, near, accepted + roundTrip * 3 / 2));
      carry(near, far, there);
      other.join();
    } catch (IOException | InterruptedException e) {
      // The connection ends with its sockets.
    } finally {
      sockets.remove(near);
      sockets.remove(far);
    }
  }

  private void carryBack(Socket far, Socket near, long begin) {
    try {
      sleepUntil(begin);
      carry(far, near, back);
    } catch (InterruptedException e) {
      close(far);
      close(near);
    }
  }

  /** Forwards one direction of a connection up to and including its end. */
  private void carry(Socket from, Socket to, Lane lane) {
    var queue = new LinkedBlockingQueue<Chunk>();
    var room = new Semaphore(MAX_BYTES);
    Thread writer = Thread.ofVirtual().start(() -> deliver(queue, room, from, to));
    try {
      InputStream input = from.getInputStream();
      var buffer = new byte[distance.isSlow() ? SLOW_CHUNK_BYTES : CHUNK_BYTES];
      for (int count; (count = input.read(buffer)) >= 0; ) {
        room.acquire(count);
        queue.add(new Chunk(Arrays.copyOf(buffer, count), lane.arrival(count)));
      }
      queue.add(new Chunk(new byte[0], lane.arrival(0)));
      writer.join();
    } catch (IOException | InterruptedException e) {
      close(from);
      close(to);
      writer.interrupt();
    }
  }

  private static void deliver(BlockingQueue<Chunk> queue, Semaphore room, Socket from, Socket to) {
    try {
      OutputStream output = to.getOutputStream();
      while (true) {
        Chunk chunk = queue.take();
        sleepUntil(chunk.arrival());
        if (chunk.bytes().length == 0) {
          to.shutdownOutput();
          return;
        }
        output.write(chunk.bytes());
        room.release(chunk.bytes().length);
      }
    } catch (IOException | InterruptedException e) {
      close(from);
      close(to);
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    sockets.forEach(DelayRelay::close);
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // The socket is unusable in either case.
    }
  }

  private static void sleepUntil(long nanos) throws InterruptedException {
    long left = nanos - System.nanoTime();
    if (left > 0) {
      Thread.sleep(Duration.ofNanos(left));
    }
  }

  private record Chunk(byte[] bytes, long arrival) {}

  /** One direction of the link: its queue is short, and a sender blocks while it is full. */
  private final class Lane {

    private final Semaphore turn = new Semaphore(1, true);
    private long free = System.nanoTime();

    /** Returns the time at which {@code bytes} that enter now leave the link. */
    long arrival(int bytes) throws InterruptedException {
      long gone = System.nanoTime();
      if (distance.isSlow()) {
        turn.acquire();
        try {
          sleepUntil(free - MAX_QUEUE.toNanos());
          free = Math.max(free, System.nanoTime());
          free += (long) (bytes * 8e9 / distance.bitsPerSecond());
          gone = free;
        } finally {
          turn.release();
        }
      }
      return gone + distance.roundTrip().toNanos() / 2;
    }
  }
}
