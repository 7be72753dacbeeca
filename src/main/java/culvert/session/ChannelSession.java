package culvert.session;

import culvert.net.Connection;
import java.net.InetSocketAddress;

/**
 * A session of a protocol with data channels, as the remote proxy sees it: visitors are announced
 * on the control connection, and the origin proxy opens a data channel for each.
 */
public abstract class ChannelSession implements Session {

  private final Connection control;
  private final OpenChannels channels = new OpenChannels(this::endDrained);

  /** Creates a session without data channels. */
  protected ChannelSession(Connection control) {
    this.control = control;
  }

  @Override
  public final InetSocketAddress peer() {
    return control.peer();
  }

  @Override
  public boolean hasDataChannels() {
    return true;
  }

  /** Returns the control connection. */
  protected final Connection control() {
    return control;
  }

  /** Returns the open data channels. */
  protected final OpenChannels channels() {
    return channels;
  }

  /**
   * Ends a session that drains: its last data channel has ended. Possibly called twice; must not
   * block.
   */
  protected abstract void endDrained();

  /** Ends the session because the origin proxy opens no data channels any more; does not block. */
  protected abstract void endUnresponsive();

  /**
   * Reports a visitor for which no data channel was opened in time, and ends the session of a dead
   * origin proxy.
   *
   * @param announced by {@link System#nanoTime}
   */
  final void reportUnclaimed(long announced) {
    if (channels.isUnusedSince(announced)) {
      endUnresponsive();
    }
  }
}
