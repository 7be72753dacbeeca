package culvert.session;

import culvert.net.Connection;
import culvert.net.Deadlines;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/**
 * An origin proxy's session of a protocol with data channels: on the control connection the remote
 * proxy only announces visitors, and a data channel is opened for each.
 */
public abstract class AnnouncedSession implements OriginSession {

  /** Time for the remote proxy to close the control connection after this side has ended it. */
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(1);

  private final Connection control;
  private final Deadlines deadlines;
  private final DataChannels.OfSession channels;

  /** Set before the first message is read; used by the thread that reads. */
  private IncomingStream.Handler streams;

  private volatile boolean draining;
  private volatile boolean closed;

  /** Creates a session that does not serve yet. */
  protected AnnouncedSession(
      Connection control, Deadlines deadlines, DataChannels.OfSession channels) {
    this.control = control;
    this.deadlines = deadlines;
    this.channels = channels;
  }

  /** Serves the first service: such a protocol has only one for each session. */
  @Override
  public final void serve(
      List<OfferedService> services,
      Listener listener,
      IncomingStream.Handler streams,
      FlowAcceptor flows)
      throws IOException {
    this.streams = streams;
    try {
      receiveAnnouncements(services.getFirst().name(), listener);
    } catch (IOException e) {
      if (!draining && !closed) {
        throw e;
      }
    } finally {
      control.close();
      if (draining) {
        channels.awaitOpened();
      }
      channels.cancelOpening();
    }
  }

  /**
   * Reports the service's public addresses and opens a data channel for each announced visitor.
   * Never returns normally.
   *
   * @throws IOException with the reason for which the control connection ended
   */
  protected abstract void receiveAnnouncements(String service, Listener listener)
      throws IOException;

  /** Opens a data channel for the visitor that the protocol calls by this name; never blocks. */
  protected final void fetch(String name, Visitor visitor, DataChannels.Opener opener) {
    channels.open(name, visitor, opener, streams);
  }

  /**
   * {@inheritDoc} The protocol has no message that announces a drain, so this side ends the control
   * connection. It stays readable until the remote proxy closes it: closing it with an unread
   * heartbeat sends a reset, and the remote proxy would reset the visitors as after a crash.
   */
  @Override
  public final void drain() {
    draining = true;
    deadlines.after(CLOSE_LIMIT, control::close);
    try {
      control.closeOutput();
    } catch (IOException e) {
      control.close();
    }
  }

  @Override
  public final void close() {
    closed = true;
    control.close();
    channels.cancelOpening();
  }
}
