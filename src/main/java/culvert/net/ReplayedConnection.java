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

  private ReplayedConnection(Connection connection, ByteBuffer first) {
    super(connection);
    this.input = new Input(connection.input(), first);
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
        : Optional.of(new ReplayedConnection(connection, first.flip()));
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
  public static Connection of(Connection connection, ByteBuffer first) {
    return new ReplayedConnection(connection, first);
  }

  @Override
  public ByteInput input() {
    return input;
  }

  private static final class Input extends ByteInput {
    private final ByteInput rest;
    private final ByteBuffer first;

    Input(ByteInput rest, ByteBuffer first) {
      this.rest = rest;
      this.first = first;
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
      return n;
    }

    @Override
    public int available() throws IOException {
      return first.remaining() + rest.available();
    }

    @Override
    public long transferTo(OutputStream out) throws IOException {
      int n = first.remaining();
      ByteOutput.of(out).write(first);
      return n + rest.transferTo(out);
    }
  }
}
