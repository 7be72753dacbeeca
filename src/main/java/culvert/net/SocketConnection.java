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
 * A TCP connection: a blocking {@link SocketChannel}, because direct buffers want one. It honours
 * no read timeout; whoever needs a deadline asks {@link Deadlines} to close the connection.
 */
public final class SocketConnection implements Connection {

  private static final long MIN_PAUSE_NANOS = 100_000;
  private static final long MAX_PAUSE_NANOS = 10_000_000;

  private final SocketChannel channel;
  private final InetSocketAddress peer;
  private final InetSocketAddress local;
  private final Input input;
  private final Output output;
  private volatile CloseCause trouble;
  private volatile boolean writing;
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile boolean resetOnDeath;
  private volatile long received;
  private volatile long sent;

  /**
   * Wraps a connected channel and sets TCP_NODELAY and keep-alive on it.
   *
   * @throws IOException if the channel is no longer connected; it is then closed
   */
  public SocketConnection(SocketChannel channel, BufferPool pool) throws IOException {
    this.channel = channel;
    try {
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
      this.peer = (InetSocketAddress) channel.getRemoteAddress();
      this.local = (InetSocketAddress) channel.getLocalAddress();
      this.input = new Input(channel.socket().getInputStream(), pool);
      this.output = new Output();
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  /**
   * Has the system ask a peer that was silent for {@code idle} whether it is there, every {@code
   * interval}, and break the connection when it has not answered {@code count} times; both in whole
   * seconds. Where the system has no such setting its own times stay.
   */
  public void keepAlive(Duration idle, Duration interval, int count) throws IOException {
    set(ExtendedSocketOptions.TCP_KEEPIDLE, (int) idle.toSeconds());
    set(ExtendedSocketOptions.TCP_KEEPINTERVAL, (int) interval.toSeconds());
    set(ExtendedSocketOptions.TCP_KEEPCOUNT, count);
  }

  /**
   * How much the system takes of what is written before the peer has acknowledged it, as far as the
   * system lets itself be told.
   */
  public void sendBuffer(int bytes) throws IOException {
    channel.setOption(StandardSocketOptions.SO_SNDBUF, bytes);
  }

  private void set(SocketOption<Integer> option, int value) throws IOException {
    if (channel.supportedOptions().contains(option)) {
      channel.setOption(option, value);
    }
  }

  /** The socket below, to read its options. */
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
    } catch (IOException e) {
      throw broken(e);
    }
  }

  /** A linger time of zero turns a close into an RST, also the close of a dying process. */
  @Override
  public void resetOnDeath() throws IOException {
    if (!resetOnDeath) {
      resetOnDeath = true;
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
      // Also while a reader is parked.
      linger(0);
    } catch (IOException e) {
      // Already closed: nothing is left to reset.
    }
    closeChannel();
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    try {
      if (resetOnDeath) {
        linger(-1);
      }
    } catch (IOException e) {
      // Already closed.
    }
    closeChannel();
  }

  private void closeChannel() {
    try {
      channel.close();
    } catch (IOException e) {
      // The descriptor is released whatever close says.
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
  public Optional<CloseCause> closeCause() {
    return Optional.ofNullable(trouble);
  }

  /**
   * The system tells a reset once, to the call that comes first; a read behind a write that was
   * told sees a clean end. So a read that sees an end asks the write that is under way, which a
   * reset does not keep waiting.
   */
  private void checkEnd() throws IOException {
    for (long pause = MIN_PAUSE_NANOS;
        writing && trouble == null && pause < MAX_PAUSE_NANOS;
        pause *= 2) {
      LockSupport.parkNanos(pause);
    }
    if (trouble != null) {
      throw new IOException("Connection reset");
    }
  }

  private IOException broken(IOException e) {
    if (trouble == null) {
      // Closed by ourselves is no fault of the peer's.
      trouble = closed.get() ? CloseCause.STOPPED : CloseCause.RESET;
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
      writing = true;
      try {
        while (source.hasRemaining()) {
          sent += channel.write(source);
        }
      } catch (IOException e) {
        throw broken(e);
      } finally {
        writing = false;
      }
    }
  }
}
