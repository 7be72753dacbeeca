package culvert.net;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A connection that keeps a copy of the first bytes received, so that the failure of a handshake
 * can be explained by them. Everything is forwarded.
 */
public final class RecordedStart extends ForwardingConnection {

  /** Enough to recognise a banner or the header of a message. */
  private static final int MAX_BYTES = 32;

  private final Input input;

  /** Records a connection of which nothing has been read. */
  public RecordedStart(Connection connection) {
    super(connection);
    this.input = new Input(connection.input());
  }

  @Override
  public ByteInput input() {
    return input;
  }

  /** Returns the first bytes received, at most 32; called by the thread that reads. */
  public byte[] first() {
    return Arrays.copyOf(input.first, input.count);
  }

  private static final class Input extends ByteInput {
    private final ByteInput source;
    private final byte[] first = new byte[MAX_BYTES];
    private int count;

    Input(ByteInput source) {
      this.source = source;
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
      int start = target.position();
      return recorded(target, start, source.read(target));
    }

    @Override
    public int tryRead(ByteBuffer target) throws IOException {
      int start = target.position();
      return recorded(target, start, source.tryRead(target));
    }

    /** Records the {@code n} bytes from {@code start} on, as far as they are wanted; returns n. */
    private int recorded(ByteBuffer target, int start, int n) {
      if (n > 0 && count < MAX_BYTES) {
        int recorded = Math.min(n, MAX_BYTES - count);
        target.get(start, first, count, recorded);
        count += recorded;
      }
      return n;
    }

    @Override
    public int available() throws IOException {
      return source.available();
    }

    @Override
    public void shrink() {
      source.shrink();
    }

    /** Records nothing: a handshake reads its bytes. */
    @Override
    public long transferTo(OutputStream out) throws IOException {
      return source.transferTo(out);
    }
  }
}
