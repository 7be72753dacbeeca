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
 * Joins the process's standard input and output to a connection. A read of standard input cannot be
 * interrupted: if the connection fails, the thread that is blocked in such a read remains until the
 * process ends.
 */
public final class StandardStreams {

  private static final String FAILED =
      ": the connection of another member failed, or no other member was in the group";

  private final BounceClient client;
  private final InputStream in;
  private final PrintStream out;

  /**
   * Creates a relay of the two streams.
   *
   * @param client resets the connection when it is closed
   * @param out standard output; write errors are read from {@link PrintStream#checkError}
   */
  public StandardStreams(BounceClient client, InputStream in, PrintStream out) {
    this.client = client;
    this.in = in;
    this.out = out;
  }

  /**
   * Copies in both directions until both have ended, then closes the connection. The end of
   * standard input closes the connection's output; the end of the connection's input closes
   * standard output.
   *
   * @throws IOException if the connection or a stream failed, or the client was closed
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
      // The first failure ends the other direction, except a blocked read of standard input.
      CompletableFuture.anyOf(
              failure(outward), failure(inward), CompletableFuture.allOf(outward, inward))
          .join();
      connection.close();
    } catch (CompletionException e) {
      boolean isConnectionFailure = connection.closeCause().isPresent();
      connection.reset();
      throw isConnectionFailure
          ? new IOException(e.getCause().getMessage() + FAILED, e.getCause())
          : e.getCause() instanceof IOException cause ? cause : new IOException(e.getCause());
    }
  }

  /** Returns a future that completes only if the other one fails. */
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
    byte[] buffer = new byte[BufferPool.BUFFER_BYTES];
    for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
      connection.output().write(ByteBuffer.wrap(buffer, 0, n));
    }
    connection.closeOutput();
  }

  private void receive(Connection connection) throws IOException {
    connection.input().transferTo(new Output(out));
    out.close();
  }

  private static final class Output extends ByteOutput {
    private final PrintStream out;
    private byte[] buffer = new byte[0];

    Output(PrintStream out) {
      this.out = out;
    }

    @Override
    public void write(ByteBuffer source) throws IOException {
      int n = source.remaining();
      if (buffer.length < n) {
        buffer = new byte[n];
      }
      source.get(buffer, 0, n);
      out.write(buffer, 0, n);
      if (out.checkError()) {
        throw new IOException("cannot write to standard output");
      }
    }
  }
}
