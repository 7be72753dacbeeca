package culvert.net;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/**
 * An output stream that can also write a {@link ByteBuffer}. One thread writes at a time; a write
 * blocks while the other end does not read, which is the back-pressure of the whole tunnel.
 */
public abstract class ByteOutput extends OutputStream {

  /** For subclasses. */
  protected ByteOutput() {}

  /**
   * Writes all remaining bytes of {@code source}.
   *
   * @throws IOException if the connection broke or was closed
   */
  public abstract void write(ByteBuffer source) throws IOException;

  /**
   * Writes bytes of {@code source} and returns before it waits until the other end reads, if the
   * output can do that. Otherwise it behaves as {@link #write(ByteBuffer)}.
   *
   * @return whether all bytes were written; if not, the caller must pass the rest of {@code source}
   *     to {@link #write(ByteBuffer)}, even if none remains: the output may hold bytes itself
   * @throws IOException if the connection broke or was closed
   */
  public boolean writeSome(ByteBuffer source) throws IOException {
    write(source);
    return true;
  }

  /**
   * Returns how many bytes a write accepts without waiting until the other end reads, or {@link
   * Integer#MAX_VALUE} if that is not known. Only the writing thread may rely on it.
   */
  public int room() {
    return Integer.MAX_VALUE;
  }

  @Override
  public final void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public final void write(byte[] bytes, int offset, int length) throws IOException {
    write(ByteBuffer.wrap(bytes, offset, length));
  }

  /**
   * Returns the stream itself if it accepts buffers, else an adapter that copies through an array.
   */
  static ByteOutput of(OutputStream out) {
    return out instanceof ByteOutput buffers ? buffers : new Bridge(out);
  }

  private static final class Bridge extends ByteOutput {
    private final OutputStream out;

    Bridge(OutputStream out) {
      this.out = out;
    }

    @Override
    public void write(ByteBuffer source) throws IOException {
      byte[] bytes = new byte[source.remaining()];
      source.get(bytes);
      out.write(bytes);
    }

    @Override
    public void flush() throws IOException {
      out.flush();
    }
  }
}
