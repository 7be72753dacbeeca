package culvert.net;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * A connection whose first bytes have been read already. Its input returns them again before the
 * rest; everything else is forwarded.
 */
public final class ReplayedConnection extends ForwardingConnection {

  /** Size of the buffer that is held while waiting, in bytes. */
  private static final int FIRST_BYTES = 1024;

  private final Input input;

  private ReplayedConnection(Connection connection, ByteBuffer first, Runnable onReplayed) {
    super(connection);
    this.input = new Input(connection.input(), first, onReplayed);
  }

  /**
   * Waits for the first bytes, without a limit.
   *
   * @return the connection to use instead, or empty if it ended without a byte
   * @throws IOException if the connection broke or was closed to end the wait
   */
  public static Optional<ReplayedConnection> await(Connection connection) throws IOException {
    ByteBuffer first = ByteBuffer.allocate(FIRST_BYTES);
    return connection.input().read(first) < 0
        ? Optional.empty()
        : Optional.of(of(connection, first.flip()));
  }

  /** Returns a copy of the first bytes that have not been read again. */
  public byte[] first() {
    byte[] copy = new byte[input.first.remaining()];
    input.first.get(input.first.position(), copy);
    return copy;
  }

  /**
   * Returns a connection that replays bytes already read from {@code connection}.
   *
   * @param first the bytes to replay, from its position to its limit
   */
  public static ReplayedConnection of(Connection connection, ByteBuffer first) {
    return of(connection, first, () -> {});
  }

  /**
   * Returns a connection that replays bytes already read from {@code connection}.
   *
   * @param first the bytes to replay, from its position to its limit
   * @param onReplayed called by the reading thread once the last of them was read again; not called
   *     if there are none; may release the buffer
   */
  static ReplayedConnection of(Connection connection, ByteBuffer first, Runnable onReplayed) {
    return new ReplayedConnection(connection, first, onReplayed);
  }

  @Override
  public ByteInput input() {
    return input;
  }

  private static final class Input extends ByteInput {
    private final ByteInput rest;
    private final ByteBuffer first;
    private final Runnable onReplayed;

    Input(ByteInput rest, ByteBuffer first, Runnable onReplayed) {
      this.rest = rest;
      this.first = first;
      this.onReplayed = onReplayed;
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
      if (!first.hasRemaining()) {
        return rest.read(target);
      }
      int n = Math.min(first.remaining(), target.remaining());
      target.put(target.position(), first, first.position(), n);
      target.position(target.position() + n);
      first.position(first.position() + n);
      if (!first.hasRemaining()) {
        onReplayed.run();
      }
      return n;
    }

    @Override
    public int tryRead(ByteBuffer target) throws IOException {
      return first.hasRemaining() ? read(target) : rest.tryRead(target);
    }

    @Override
    public int available() throws IOException {
      return first.remaining() + rest.available();
    }

    @Override
    public void shrink() {
      rest.shrink();
    }

    @Override
    public long transferTo(OutputStream out) throws IOException {
      int n = first.remaining();
      if (n > 0) {
        ByteOutput.of(out).write(first);
        onReplayed.run();
      }
      return n + rest.transferTo(out);
    }
  }
}
