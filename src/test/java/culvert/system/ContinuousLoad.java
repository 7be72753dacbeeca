package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.Threads;
import culvert.testing.Eventually;
import culvert.testing.RolePair;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Continuous visitors: half of them download, the others exchange pieces with an echo server. */
final class ContinuousLoad implements AutoCloseable {

  /** The end of a visitor's connection. */
  enum End {
    CLEAN,
    RESET,
    /** The test closed the connection, or it was idle for too long. */
    OTHER
  }

  private static final int VISITORS = 8;
  private static final int PIECE_BYTES = 16 * 1024;
  private static final long UNDER_WAY_BYTES = 500_000;

  private final List<Socket> visitors = new ArrayList<>();
  private final List<CompletableFuture<End>> ends = new ArrayList<>();
  private final List<AtomicLong> counts = new ArrayList<>();

  private ContinuousLoad() {}

  /** Visits a {@link culvert.testing.TestServer#bulkOrEcho}; returns once all visitors transfer. */
  static ContinuousLoad on(RemoteProcess remote) throws Exception {
    var load = new ContinuousLoad();
    try {
      for (int i = 0; i < VISITORS; i++) {
        load.add(remote.visit(), i % 2 == 0);
      }
      Eventually.within(
          RolePair.LIMIT,
          () -> assertThat(load.counts).allMatch(count -> count.get() > UNDER_WAY_BYTES));
      return load;
    } catch (Exception | AssertionError e) {
      load.close();
      throw e;
    }
  }

  private void add(Socket visitor, boolean downloads) {
    var count = new AtomicLong();
    var end = new CompletableFuture<End>();
    visitors.add(visitor);
    counts.add(count);
    ends.add(end);
    Threads.start("load", () -> end.complete(endOf(visitor, downloads, count)));
  }

  /** Sends and receives in one thread: of two, only one would see a reset, the other an end. */
  private static End endOf(Socket visitor, boolean downloads, AtomicLong count) {
    byte[] piece = new byte[PIECE_BYTES];
    piece[0] = 'b';
    try {
      OutputStream out = visitor.getOutputStream();
      out.write(piece, 0, downloads ? 1 : 0);
      piece[0] = 'e';
      for (; ; ) {
        out.write(piece, 0, downloads ? 0 : piece.length);
        int n = visitor.getInputStream().readNBytes(piece, 0, piece.length);
        count.addAndGet(n);
        if (n < piece.length) {
          return End.CLEAN;
        }
      }
    } catch (IOException e) {
      return e.getMessage().contains("reset") ? End.RESET : End.OTHER;
    }
  }

  /** Waits for the end of all visitors. */
  List<End> ends() throws Exception {
    List<End> all = new ArrayList<>();
    for (CompletableFuture<End> end : ends) {
      all.add(end.get(RolePair.LIMIT.toSeconds(), TimeUnit.SECONDS));
    }
    return all;
  }

  @Override
  public void close() {
    for (Socket visitor : visitors) {
      try {
        visitor.close();
      } catch (IOException e) {
        // The socket is unusable in either case.
      }
    }
  }
}
