package culvert.net;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import jdk.net.ExtendedSocketOptions;

/**
 * A TCP connection: a blocking {@link SocketChannel}, which reads into direct buffers without a
 * copy. It has no read timeout; callers set a limit with {@link Deadlines}, which closes the
 * connection.
 */
public final class SocketConnection implements Connection {

  private static final long MIN_PAUSE_NANOS = 100_000;
  private static final long MAX_PAUSE_NANOS = 10_000_000;

  private final SocketChannel channel;
  private final InetSocketAddress peer;
  private final InetSocketAddress local;
  private final Input input;
  private final Output output;
  private volatile CloseCause closeCause;
  private volatile boolean writing;
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile boolean isResetOnDeath;
  private volatile boolean isOutputEnded;
  private volatile long received;
  private volatile long sent;

  /**
   * Wraps a connected channel and sets TCP_NODELAY and {@link KeepAlive#SLOW} on it.
   *
   * @throws IOException if the channel is no longer connected; it is then closed
   */
  public SocketConnection(SocketChannel channel, BufferPool pool) throws IOException {
    this(channel, pool, false);
  }

  /**
   * Wraps a connected channel as the other constructor does.
   *
   * @param isResetOnDeath whether the linger time of the channel is zero already, as {@link
   *     #resetOnDeath} sets it
   */
  SocketConnection(SocketChannel channel, BufferPool pool, boolean isResetOnDeath)
      throws IOException {
    this.channel = channel;
    this.isResetOnDeath = isResetOnDeath;
    try {
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
      KeepAlive.SLOW.applyTo(this);
      this.peer = (InetSocketAddress) channel.getRemoteAddress();
      this.local = (InetSocketAddress) channel.getLocalAddress();
      this.input = new Input(channel.socket().getInputStream(), pool);
      this.output = new Output();
    } catch (IOException e) {
      channel.close();
      throw e;
    }
    Descriptors.PROCESS.opened();
  }

  /**
   * Makes the operating system probe a peer that was silent for {@code idle}, every {@code
   * interval}, and break the connection after {@code count} probes without an answer; both in whole
   * seconds. Systems without these options keep their defaults.
   */
  public void keepAlive(Duration idle, Duration interval, int count) throws IOException {
    set(ExtendedSocketOptions.TCP_KEEPIDLE, (int) idle.toSeconds());
    set(ExtendedSocketOptions.TCP_KEEPINTERVAL, (int) interval.toSeconds());
    set(ExtendedSocketOptions.TCP_KEEPCOUNT, count);
  }

  /**
   * Sets the size of the send buffer, which holds bytes written and not yet acknowledged. The
   * operating system may choose another size.
   */
  public void sendBuffer(int bytes) throws IOException {
    channel.setOption(StandardSocketOptions.SO_SNDBUF, bytes);
  }

  private void set(SocketOption<Integer> option, int value) throws IOException {
    if (channel.supportedOptions().contains(option)) {
      channel.setOption(option, value);
    }
  }

  /** Returns the channel, to read its options. */
  SocketChannel channel() {
    return channel;
  }

  @Override
  public ByteInput input() {
    return input;
  }

  @Override
  public ByteOutput output() {
    return output;
  }

  @Override
  public void closeOutput() throws IOException {
    try {
      channel.shutdownOutput();
      isOutputEnded = true;
    } catch (IOException e) {
      throw broken(e);
    }
  }

  /** Sets a linger time of zero, which turns a close into an RST, also that of a dying process. */
  @Override
  public void resetOnDeath() throws IOException {
    if (!isResetOnDeath) {
      isResetOnDeath = true;
      linger(0);
    }
  }

  private void linger(int seconds) throws IOException {
    channel.setOption(StandardSocketOptions.SO_LINGER, seconds);
  }

  @Override
  public void reset() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    try {
      // Allowed while a reader is parked.
      linger(0);
    } catch (IOException e) {
      // Already closed.
    }
    closeChannel();
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    try {
      if (isResetOnDeath) {
        linger(-1);
      }
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
  public void abandon() {
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
  public InetSocketAddress peer() {
    return peer;
  }

  @Override
  public InetSocketAddress local() {
    return local;
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
  public boolean isClosed() {
    return closed.get();
  }

  @Override
  public Optional<CloseCause> closeCause() {
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
    private final InputStream plain;
    private final BufferPool pool;

    Input(InputStream plain, BufferPool pool) {
      this.plain = plain;
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
      return plain.available();
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
