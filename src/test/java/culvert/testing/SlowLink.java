package culvert.testing;

import culvert.net.HostPort;
import culvert.net.Threads;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;

/** A TCP relay with a delay and a limited rate that simulates a network between the proxies. */
public final class SlowLink implements RelayedLink {

  private static final int PIECE_BYTES = 4096;
  private static final byte[] END = new byte[0];

  private record Piece(byte[] bytes, long dueNanos) {}

  private final ServerSocket server;
  private final HostPort target;
  private final long delayNanos;
  private final long nanosPerByte;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

  /** Relays to {@code target} with this one-way delay and this rate in each direction. */
  public SlowLink(HostPort target, Duration delay, long bitsPerSecond) throws IOException {
    this(new HostPort("127.0.0.1", 0), target, delay, bitsPerSecond);
  }

  /** Relays from an address with this one-way delay and this rate in each direction. */
  public SlowLink(HostPort at, HostPort target, Duration delay, long bitsPerSecond)
      throws IOException {
    this.server = new ServerSocket(at.port(), 16, InetAddress.getByName(at.host()));
    // A small buffer keeps the queue in the link short, as a well-configured router does.
    this.server.setReceiveBufferSize(PIECE_BYTES);
    this.target = target;
    this.delayNanos = delay.toNanos();
    this.nanosPerByte = 8_000_000_000L / bitsPerSecond;
    Threads.start("slow link", this::accept);
  }

  @Override
  public HostPort address() {
    return new HostPort("127.0.0.1", server.getLocalPort());
  }

  private void accept() {
    try {
      while (true) {
        Socket near = server.accept();
        Socket far = new Socket(target.host(), target.port());
        sockets.add(near);
        sockets.add(far);
        carry(near, far);
        carry(far, near);
      }
    } catch (IOException e) {
      // The link was closed.
    }
  }

  private void carry(Socket from, Socket to) {
    BlockingQueue<Piece> underWay = new ArrayBlockingQueue<>(256);
    Threads.start("slow link in", () -> quietly(() -> take(from, underWay)));
    Threads.start("slow link out", () -> quietly(() -> give(underWay, to)));
  }

  private void take(Socket from, BlockingQueue<Piece> underWay) throws Exception {
    try {
      InputStream in = from.getInputStream();
      byte[] piece = new byte[PIECE_BYTES];
      long free = System.nanoTime();
      for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
        free = Math.max(free, System.nanoTime()) + n * nanosPerByte;
        Pace.until(free);
        underWay.put(new Piece(Arrays.copyOf(piece, n), free + delayNanos));
      }
    } finally {
      underWay.put(new Piece(END, 0));
    }
  }

  private static void give(BlockingQueue<Piece> underWay, Socket to) throws Exception {
    OutputStream out = to.getOutputStream();
    for (Piece piece = underWay.take(); piece.bytes().length > 0; piece = underWay.take()) {
      Pace.until(piece.dueNanos());
      out.write(piece.bytes());
    }
    to.shutdownOutput();
  }

  private interface Work {
    void run() throws Exception;
  }

  /** Runs {@code work}; a broken connection is an expected outcome. */
  private void quietly(Work work) {
    try {
      work.run();
    } catch (Exception e) {
      sockets.forEach(RelayedLink::closeQuietly);
    }
  }

  @Override
  public void close() {
    RelayedLink.closeQuietly(server);
    sockets.forEach(RelayedLink::closeQuietly);
  }
}
