import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/** Sequential visitors: a single one, and a thousand that stay idle. */
final class Visits {

  static final int IDLE = 1000;

  private static final int WARM = 50;
  private static final int LIMIT_MILLIS = 10_000;

  private Visits() {}

  /** Connects and exchanges once; returns the time to the answer's first byte in nanoseconds. */
  static long once(InetSocketAddress address, int limitMillis) throws IOException {
    long start = System.nanoTime();
    try (Socket socket = connect(address, limitMillis)) {
      return exchange(socket) - start;
    }
  }

  /** Measures memory with {@link #IDLE} visitors that have been answered once. */
  static void idle(Running tunnel, Report.Column figures) throws IOException {
    for (int i = 0; i < WARM; i++) {
      once(tunnel.visitors(), LIMIT_MILLIS);
    }
    Bench.pause(500);
    double before = tunnel.megabytes();
    List<Socket> sockets = new ArrayList<>();
    try {
      for (int i = 0; i < IDLE; i++) {
        Socket socket = connect(tunnel.visitors(), LIMIT_MILLIS);
        sockets.add(socket);
        exchange(socket);
      }
      Bench.pause(1000);
      double with = tunnel.megabytes();
      figures.add(Figure.IDLE, with);
      figures.add(Figure.IDLE_EACH, (with - before) * 1024 / IDLE);
    } finally {
      for (Socket socket : sockets) {
        socket.close();
      }
    }
  }

  private static Socket connect(InetSocketAddress address, int limitMillis) throws IOException {
    var socket = new Socket();
    try {
      socket.setSoTimeout(limitMillis);
      socket.setTcpNoDelay(true);
      socket.connect(address, limitMillis);
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  /** Returns the arrival time of the answer's first byte. */
  private static long exchange(Socket socket) throws IOException {
    var request = new byte[Origin.REQUEST_BYTES];
    request[0] = Origin.REQUESTS;
    socket.getOutputStream().write(request);
    int first = socket.getInputStream().read();
    long came = System.nanoTime();
    if (first < 0) {
      throw new EOFException("the visitor received no answer");
    }
    if (socket.getInputStream().readNBytes(Origin.ANSWER_BYTES - 1).length
        < Origin.ANSWER_BYTES - 1) {
      throw new EOFException("the visitor received an incomplete answer");
    }
    return came;
  }
}
