package culvert.net;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * A connection of the operating system: a blocking {@link SocketChannel}, which reads into direct
 * buffers without a copy. It has no read timeout; callers set a limit with {@link Deadlines}, which
 * closes the connection.
 */
abstract class ChannelConnection implements Connection {

  private static final long MIN_PAUSE_NANOS = 100_000;
  private static final long MAX_PAUSE_NANOS = 10_000_000;

  private final SocketChannel channel;
  private final Input input;
  private final Output output = new Output();
  private volatile CloseCause closeCause;
  private volatile boolean writing;
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile boolean isOutputEnded;
  private volatile long received;
  private volatile long sent;

  /** Wraps a connected channel; {@link #opened} follows unless the subclass closes the channel. */
  ChannelConnection(SocketChannel channel, BufferPool pool) {
    this.channel = channel;
    this.input = new Input(pool);
  }

  /** Counts the connection as open until it is closed. */
  final void opened() {
    Descriptors.PROCESS.opened();
  }

  /** Returns the channel, to read and set its options. */
  final SocketChannel channel() {
    return channel;
  }

  /** Returns how many bytes can be read without waiting; 0 if there is no way to find out. */
  abstract int available() throws IOException;

  /** Returns whether {@link #available} can find out. */
  abstract boolean canCountAvailable();

  /** Sets how the channel is closed. */
  abstract void setReset(boolean isReset) throws IOException;

  @Override
  public final ByteInput input() {
    return input;
  }

  @Override
  public final ByteOutput output() {
    return output;
  }

  @Override
  public final void closeOutput() throws IOException {
    try {
      channel.shutdownOutput();
      isOutputEnded = true;
    } catch (IOException e) {
      throw broken(e);
    }
  }

  @Override
  public final void reset() {
    close(true);
  }

  @Override
  public final void close() {
    close(false);
  }

  private void close(boolean isReset) {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    try {
      // Allowed while a reader is parked.
      setReset(isReset);
    } catch (IOException e) {
      // Already closed.
    }
    closeChannel();
  }

  /**
   * Closes after {@link #closeOutput}: the operating system still delivers its send buffer, unless
   * bytes of the peer are unread or arrive later, which it answers with a reset.
   */
  @Override
  public final void abandon() {
    if (isOutputEnded) {
      close();
    } else {
      reset();
    }
  }

  /** Called once. */
  private void closeChannel() {
    Descriptors.PROCESS.closed();
    try {
      channel.close();
    } catch (IOException e) {
      // The descriptor is released even if close fails.
    }
  }

  @Override
  public final long received() {
    return received;
  }

  @Override
  public final long sent() {
    return sent;
  }

  @Override
  public final boolean isClosed() {
    return closed.get();
  }

  @Override
  public final Optional<CloseCause> closeCause() {
    return Optional.ofNullable(closeCause);
  }

  /**
   * Distinguishes a reset from a clean end. The operating system reports a reset once, to the first
   * call; a read after a write that got the error sees a clean end. A read that sees the end
   * therefore waits briefly for a write in progress, which a reset wakes at once.
   */
  private void checkEnd() throws IOException {
    for (long pause = MIN_PAUSE_NANOS;
        writing && closeCause == null && pause < MAX_PAUSE_NANOS;
        pause *= 2) {
      LockSupport.parkNanos(pause);
    }
    if (closeCause != null) {
      throw new IOException("Connection reset");
    }
  }

  private IOException broken(IOException e) {
    if (closeCause == null) {
      // A close from this side is not a failure of the peer.
      closeCause = closed.get() ? CloseCause.STOPPED : CloseCause.RESET;
    }
    return e;
  }

  private final class Input extends ByteInput {
    private final BufferPool pool;

    Input(BufferPool pool) {
      this.pool = pool;
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
      try {
        int n = channel.read(target);
        if (n > 0) {
          received += n;
        } else if (n < 0) {
          checkEnd();
        }
        return n;
      } catch (IOException e) {
        throw broken(e);
      }
    }

    @Override
    public int available() throws IOException {
      return ChannelConnection.this.available();
    }

    @Override
    boolean canCountAvailable() {
      return ChannelConnection.this.canCountAvailable();
    }

    @Override
    public long transferTo(OutputStream out) throws IOException {
      return copyTo(out, pool);
    }
  }

  private final class Output extends ByteOutput {
    @Override
    public void write(ByteBuffer source) throws IOException {
      while (source.hasRemaining()) {
        writeSome(source);
      }
    }

    /**
     * In a virtual thread, a write that the kernel does not accept as a whole returns, and only the
     * next one waits.
     */
    @Override
    public boolean writeSome(ByteBuffer source) throws IOException {
      writing = true;
      try {
        sent += channel.write(source);
        return !source.hasRemaining();
      } catch (IOException e) {
        throw broken(e);
      } finally {
        writing = false;
      }
    }
  }
}
