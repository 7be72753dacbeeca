package culvert.bounce.client;

import culvert.net.BufferPool;
import culvert.net.ByteOutput;
import culvert.net.Connection;
import culvert.net.Threads;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Joins a process's standard input and output to a connection. A read of standard input can be
 * ended by nobody: when the connection breaks, the thread that waits in one is left behind, and
 * ends with the process.
 */
public final class StandardStreams {

  private static final String BROKEN =
      ": whoever else was in the group broke, or nobody was there to hear";

  private final BounceClient client;
  private final InputStream in;
  private final PrintStream out;

  /**
   * The two streams.
   *
   * @param client ends it all
   * @param out what it could not write it says in {@link PrintStream#checkError}
   */
  public StandardStreams(BounceClient client, InputStream in, PrintStream out) {
    this.client = client;
    this.in = in;
    this.out = out;
  }

  /**
   * Copies both ways until both have ended; the end of standard input is a half-close, and that of
   * the connection closes standard output. Closes the connection.
   *
   * @throws IOException if the connection broke, or a stream did, or the client was closed
   */
  public void relay(Connection connection) throws IOException {
    Runnable end = connection::reset;
    if (!client.register(end)) {
      throw new IOException("stopping");
    }
    try {
      copyBothWays(connection);
    } finally {
      client.unregister(end);
    }
  }

  private void copyBothWays(Connection connection) throws IOException {
    var outward = new CompletableFuture<Void>();
    var inward = new CompletableFuture<Void>();
    start("standard input", outward, () -> send(connection));
    start("standard output", inward, () -> receive(connection));
    try {
      connection.resetOnDeath();
      // The first that fails ends the other, but for a read of standard input.
      CompletableFuture.anyOf(
              failure(outward), failure(inward), CompletableFuture.allOf(outward, inward))
          .join();
      connection.close();
    } catch (CompletionException e) {
      boolean broken = connection.closeCause().isPresent();
      connection.reset();
      throw broken
          ? new IOException(e.getCause().getMessage() + BROKEN, e.getCause())
          : e.getCause() instanceof IOException cause ? cause : new IOException(e.getCause());
    }
  }

  /** Ends only if the other does so badly. */
  private static CompletableFuture<Void> failure(CompletableFuture<Void> of) {
    var failure = new CompletableFuture<Void>();
    of.whenComplete((done, e) -> {
      if (e != null) {
        failure.completeExceptionally(e);
      }
    });
    return failure;
  }

  @FunctionalInterface
  private interface Copy {
    void run() throws IOException;
  }

  private static void start(String name, CompletableFuture<Void> end, Copy copy) {
    Threads.start(
        name,
        () -> {
          try {
            copy.run();
            end.complete(null);
          } catch (IOException | RuntimeException | Error e) {
            end.completeExceptionally(e);
          }
        });
  }

  private void send(Connection connection) throws IOException {
    byte[] piece = new byte[BufferPool.BUFFER_BYTES];
    for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
      connection.output().write(ByteBuffer.wrap(piece, 0, n));
    }
    connection.closeOutput();
  }

  private void receive(Connection connection) throws IOException {
    connection.input().transferTo(new Output(out));
    out.close();
  }

  private static final class Output extends ByteOutput {
    private final PrintStream out;
    private byte[] piece = new byte[0];

    Output(PrintStream out) {
      this.out = out;
    }

    @Override
    public void write(ByteBuffer source) throws IOException {
      int n = source.remaining();
      if (piece.length < n) {
        piece = new byte[n];
      }
      source.get(piece, 0, n);
      out.write(piece, 0, n);
      if (out.checkError()) {
        throw new IOException("standard output takes nothing any more");
      }
    }
  }
}
