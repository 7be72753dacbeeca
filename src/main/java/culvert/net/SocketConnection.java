package culvert.net;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import jdk.net.ExtendedSocketOptions;

/** A TCP connection. */
public final class SocketConnection extends ChannelConnection {

  private final InetSocketAddress peer;
  private final InetSocketAddress local;

  /** Only for the number of available bytes, which the channel does not have. */
  private final InputStream plain;

  private volatile boolean isResetOnDeath;

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
    super(channel, pool);
    this.isResetOnDeath = isResetOnDeath;
    try {
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
      KeepAlive.SLOW.applyTo(this);
      this.peer = (InetSocketAddress) channel.getRemoteAddress();
      this.local = (InetSocketAddress) channel.getLocalAddress();
      this.plain = channel.socket().getInputStream();
    } catch (IOException e) {
      channel.close();
      throw e;
    }
    opened();
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
    channel().setOption(StandardSocketOptions.SO_SNDBUF, bytes);
  }

  private void set(SocketOption<Integer> option, int value) throws IOException {
    if (channel().supportedOptions().contains(option)) {
      channel().setOption(option, value);
    }
  }

  @Override
  int available() throws IOException {
    return plain.available();
  }

  @Override
  boolean canCountAvailable() {
    return true;
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
    channel().setOption(StandardSocketOptions.SO_LINGER, seconds);
  }

  @Override
  void setReset(boolean isReset) throws IOException {
    if (isReset) {
      linger(0);
    } else if (isResetOnDeath) {
      linger(-1);
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
}
