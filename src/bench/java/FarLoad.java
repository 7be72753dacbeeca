import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.util.Arrays;

/**
 * Measures a tunnel whose proxies are far apart: the round trips until a visitor receives the first
 * byte, connecting included; the throughput of one bulk stream; and, on a slow link, the echo time
 * of a keystroke during a concurrent download.
 */
final class FarLoad {

  private static final int VISITS = 9;
  private static final int LIMIT_MILLIS = 10_000;
  private static final int STROKE_PAUSE_MILLIS = 50;

  private FarLoad() {}

  static void measure(
      Running tunnel, Origin origin, Distance distance, Window window, Report.Column figures)
      throws IOException {
    figures.add(Figure.FIRST_BYTE, firstByte(tunnel) / distance.roundTrip().toNanos());
    var bulk = BulkLoad.measure(tunnel, origin, Origin.DOWN, 1, window);
    figures.add(Figure.FAR_DOWN, bulk.bitsPerSecond() / 1e6);
    bulk = BulkLoad.measure(tunnel, origin, Origin.UP, 1, window);
    figures.add(Figure.FAR_UP, bulk.bitsPerSecond() / 1e6);
    if (distance.isSlow()) {
      keystrokes(tunnel, window, figures);
    }
  }

  private static double firstByte(Running tunnel) throws IOException {
    var nanos = new long[VISITS];
    for (int i = 0; i < VISITS; i++) {
      nanos[i] = Visits.once(tunnel.visitors(), LIMIT_MILLIS);
    }
    Arrays.sort(nanos);
    return nanos[VISITS / 2];
  }

  private static void keystrokes(Running tunnel, Window window, Report.Column figures)
      throws IOException {
    try (Socket keys = open(tunnel, Origin.KEYS);
        Socket bulk = open(tunnel, Origin.DOWN)) {
      keys.setTcpNoDelay(true);
      Thread reader = Thread.ofPlatform().daemon().start(() -> drain(bulk));
      Bench.pause(window.warmMillis());
      var millis = new double[(int) (window.millis() / STROKE_PAUSE_MILLIS) + 1];
      long end = System.nanoTime() + window.millis() * 1_000_000;
      int count = 0;
      while (System.nanoTime() < end) {
        long start = System.nanoTime();
        keys.getOutputStream().write('x');
        if (keys.getInputStream().read() < 0) {
          throw new EOFException("the keystrokes' connection ended");
        }
        millis[count++] = (System.nanoTime() - start) / 1e6;
        Bench.pause(STROKE_PAUSE_MILLIS);
      }
      if (!reader.isAlive()) {
        throw new EOFException("the bulk ended early");
      }
      Arrays.sort(millis, 0, count);
      figures.add(Figure.KEYSTROKE, millis[count / 2]);
      figures.add(Figure.KEYSTROKE_WORST, millis[count - 1]);
    }
  }

  private static Socket open(Running tunnel, byte kind) throws IOException {
    var address = tunnel.visitors();
    var socket = new Socket(address.getAddress(), address.getPort());
    socket.setSoTimeout(LIMIT_MILLIS);
    socket.getOutputStream().write(kind);
    return socket;
  }

  private static void drain(Socket bulk) {
    var buffer = new byte[Origin.BULK_BYTES];
    try {
      while (bulk.getInputStream().read(buffer) >= 0) {
        // The content is ignored.
      }
    } catch (IOException e) {
      // Closed at the end of the measurement.
    }
  }
}
