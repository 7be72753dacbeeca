package culvert.testing;

import culvert.net.ByteInput;
import culvert.net.ByteOutput;
import culvert.net.CloseCause;
import culvert.net.Connection;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Optional;

/** One end of a connection in memory, made of two directions. */
public final class MemoryConnection implements Connection {

  /** The bytes that flow one way. Both ends call it, from any thread. */
  public interface Direction {
    /** Reads as {@link ByteInput#read(ByteBuffer)}. */
    int read(ByteBuffer target) throws IOException;

    /** Writes all bytes of {@code source}. */
    void write(ByteBuffer source) throws IOException;

    /** Ends the direction in order after the bytes written. */
    void closeWriter();

    /** Ends the direction because its reader has closed. */
    void closeReader();

    /** Breaks the direction because its writer has failed; a plain end unless overridden. */
    default void abortWriter() {
      closeWriter();
    }
  }

  private final Direction in;
  private final Direction out;
  private final InetSocketAddress address;
  private volatile long received;
  private volatile long sent;

  /**
   * Creates one end.
   *
   * @param port of its address, on loopback
   */
  public MemoryConnection(Direction in, Direction out, int port) {
    this.in = in;
    this.out = out;
    this.address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  @Override
  public ByteInput input() {
    return new ByteInput() {
      @Override
      public int read(ByteBuffer target) throws IOException {
        int n = in.read(target);
        received += Math.max(n, 0);
        return n;
      }
    };
  }

  @Override
  public ByteOutput output() {
    return new ByteOutput() {
      @Override
      public void write(ByteBuffer source) throws IOException {
        int n = source.remaining();
        out.write(source);
        sent += n;
      }
    };
  }

  @Override
  public void closeOutput() {
    out.closeWriter();
  }

  @Override
  public void reset() {
    in.closeReader();
    out.abortWriter();
  }

  @Override
  public void close() {
    in.closeReader();
    out.closeWriter();
  }

  @Override
  public InetSocketAddress peer() {
    return address;
  }

  @Override
  public InetSocketAddress local() {
    return address;
  }

  @Override
  public long received() {
    return received;
  }

  @Override
  public long sent() {
    return sent;
  }

  @Override
  public Optional<CloseCause> closeCause() {
    return Optional.empty();
  }
}
