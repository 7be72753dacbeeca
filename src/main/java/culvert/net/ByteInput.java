package culvert.net;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * An input stream that can also fill a {@link ByteBuffer}, so that bytes are not copied through an
 * array. One thread reads at a time.
 */
public abstract class ByteInput extends InputStream {

  /** For subclasses. */
  protected ByteInput() {}

  /**
   * Blocks until at least one byte is available and reads the available bytes, at most {@code
   * target.remaining()}.
   *
   * @return number of bytes read, or -1 at the end of the stream
   * @throws IOException if the connection broke or was closed
   */
  public abstract int read(ByteBuffer target) throws IOException;

  /**
   * Reads as {@link #read(ByteBuffer)} does, but never waits for the peer. A reader that needs a
   * large buffer for bytes that flow in bulk calls it, and waits with a small one.
   *
   * @return number of bytes read; 0 if none can be read now, or if only a read that may wait can
   *     find out; or -1 at the end of the stream
   * @throws IOException if the connection broke or was closed
   */
  public int tryRead(ByteBuffer target) throws IOException {
    return available() > 0 ? read(target) : 0;
  }

  /** Returns whether {@link #tryRead} finds bytes that are there. */
  boolean canCountAvailable() {
    return true;
  }

  /**
   * Calls {@link #tryRead}, and a second time after a yield: a sender on the same host often runs
   * then, which saves parking this thread.
   */
  public final int tryReadTwice(ByteBuffer target) throws IOException {
    int n = tryRead(target);
    if (n == 0) {
      Thread.yield();
      n = tryRead(target);
    }
    return n;
  }

  @Override
  public final int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public final int read(byte[] bytes, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    return length == 0 ? 0 : read(ByteBuffer.wrap(bytes, offset, length));
  }

  /**
   * Gives back buffers that are larger than their contents, those of the connections below
   * included. The reading thread calls it before it waits for something other than this input.
   */
  public void shrink() {}

  /**
   * Copies until the end of the stream, with a small buffer at low rates, a large direct one in
   * bulk, and never a large one while blocked in a read or a write. Implementations of {@link
   * #transferTo} call it.
   */
  protected final long copyTo(OutputStream out, BufferPool pool) throws IOException {
    try (var buffer = new AdaptiveBuffer(this, ByteOutput.of(out), pool)) {
      long total = 0;
      for (int n = buffer.read(); n >= 0; n = buffer.read()) {
        buffer.write();
        total += n;
      }
      return total;
    }
  }
}
