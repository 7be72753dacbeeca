package culvert.system;

import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.testing.TestServer;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.LongAdder;

/**
 * Visitors and an origin server that verify every byte. The visitor first sends a seed and the
 * number of bytes in each direction; both sides generate the bytes from the seed. Connections may
 * break, but a transfer that ends cleanly must be complete, and no byte may differ.
 */
final class VerifiedTransfers implements AutoCloseable {

  private static final int PIECE_BYTES = 8192;
  private static final int LIMIT_MILLIS = 60_000;

  private final List<String> faults = new CopyOnWriteArrayList<>();
  private final LongAdder complete = new LongAdder();
  private final LongAdder broken = new LongAdder();
  private final LongAdder bytes = new LongAdder();
  private final TestServer server = new TestServer(this::serve);

  VerifiedTransfers() throws IOException {}

  HostPort server() {
    return server.address();
  }

  /** Returns the violations found so far. */
  List<String> faults() {
    return faults;
  }

  long complete() {
    return complete.sum();
  }

  @Override
  public String toString() {
    return complete + " complete, " + broken + " broken, " + (bytes.sum() >> 20) + " MiB correct";
  }

  /** Transfers as one visitor; returns whether the transfer was complete. */
  boolean visit(HostPort outside, long seed, int up, int down) {
    try (var visitor = new Socket(outside.host(), outside.port())) {
      visitor.setSoTimeout(LIMIT_MILLIS);
      var upload = new Sending("upload", () -> upload(visitor, seed, up, down));
      expect("visitor", visitor.getInputStream(), ~seed, down, upload);
      upload.check();
      complete.increment();
      return true;
    } catch (IOException e) {
      broken.increment();
      return false;
    }
  }

  /**
   * Sends on a connection in a separate thread. The system reports a reset to one direction only:
   * if the receiver sees a clean end, the sender must be checked too.
   */
  private static final class Sending {
    private final FutureTask<Void> task;

    private interface Work {
      void run() throws IOException;
    }

    Sending(String name, Work work) {
      task =
          new FutureTask<>(() -> {
            work.run();
            return null;
          });
      Threads.start(name, task);
    }

    void check() throws IOException {
      try {
        task.get();
      } catch (ExecutionException | InterruptedException e) {
        throw new IOException(e);
      }
    }
  }

  private static void upload(Socket visitor, long seed, int up, int down) throws IOException {
    var header = new DataOutputStream(visitor.getOutputStream());
    header.writeLong(seed);
    header.writeInt(up);
    header.writeInt(down);
    send(visitor.getOutputStream(), seed, up);
    visitor.shutdownOutput();
  }

  /** Serves a visitor as the origin server does; for other test servers too. */
  void serve(Socket connection) throws Exception {
    connection.setSoTimeout(LIMIT_MILLIS);
    var in = new DataInputStream(connection.getInputStream());
    int first = in.read();
    if (first < 0) {
      faults.add("server: a visitor that sent nothing and ended cleanly");
      return;
    }
    long seed = (long) first << 56 | (long) in.readUnsignedByte() << 48;
    seed |= (long) in.readUnsignedShort() << 32 | in.readInt() & 0xffff_ffffL;
    int up = in.readInt();
    int down = in.readInt();
    long own = ~seed;
    var download = new Sending("download", () -> download(connection, own, down));
    expect("server", in, seed, up, download);
    download.check();
  }

  private static void download(Socket connection, long seed, int down) throws IOException {
    send(connection.getOutputStream(), seed, down);
    connection.shutdownOutput();
  }

  private static void send(OutputStream out, long seed, int count) throws IOException {
    var random = new Random(seed);
    byte[] piece = new byte[PIECE_BYTES];
    for (int left = count; left > 0; left -= PIECE_BYTES) {
      random.nextBytes(piece);
      out.write(piece, 0, Math.min(left, PIECE_BYTES));
    }
  }

  /** Reads to the end, which may be clean only after the last byte. */
  private void expect(String role, InputStream in, long seed, int count, Sending other)
      throws IOException {
    var random = new Random(seed);
    byte[] right = new byte[PIECE_BYTES];
    int came = 0;
    for (int left = count; left > 0; left -= PIECE_BYTES) {
      random.nextBytes(right);
      byte[] piece = in.readNBytes(Math.min(left, PIECE_BYTES));
      came += piece.length;
      if (piece.length < Math.min(left, PIECE_BYTES)) {
        other.check();
        faults.add(role + ": a clean end after " + came + " of " + count + " bytes");
        throw new IOException("cut");
      }
      for (int i = 0; i < piece.length; i++) {
        if (piece[i] != right[i]) {
          faults.add(role + ": byte " + (came - piece.length + i) + " of " + count + " is wrong");
          throw new IOException("wrong");
        }
      }
      bytes.add(piece.length);
    }
    if (in.read() >= 0) {
      faults.add(role + ": more than the " + count + " bytes that were sent");
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
