package culvert.session;

import culvert.net.Connection;
import java.io.IOException;
import java.util.List;

/**
 * An origin side's session on whose control connection the remote proxy only announces visitors,
 * each of which is then fetched over a data channel.
 */
public abstract class AnnouncedSession implements OriginSession {

  private final Connection control;
  private final DataChannels.OfSession channels;

  /** Set before the first message is read; used by the thread that reads. */
  private IncomingStream.Handler streams;

  private volatile boolean draining;
  private volatile boolean closed;

  /** Not serving yet. */
  protected AnnouncedSession(Connection control, DataChannels.OfSession channels) {
    this.control = control;
    this.channels = channels;
  }

  /** Serves the one service that such a wire can have. */
  @Override
  public final void serve(List<String> services, Listener listener, IncomingStream.Handler streams)
      throws IOException {
    this.streams = streams;
    try {
      receiveAnnouncements(services.getFirst(), listener);
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
   * Tells where visitors come in, and fetches them as they are announced; returns never.
   *
   * @throws IOException telling how the control connection ended
   */
  protected abstract void receiveAnnouncements(String service, Listener listener)
      throws IOException;

  /** Fetches a visitor, whom the wire calls by that name; does not wait. */
  protected final void fetch(String name, Visitor visitor, DataChannels.Opener opener) {
    channels.open(name, visitor, opener, streams);
  }

  /** The wire has no word for it: the remote side finds the connection closed. */
  @Override
  public final void drain() {
    draining = true;
    control.close();
  }

  @Override
  public final void close() {
    closed = true;
    control.close();
    channels.cancelOpening();
  }
}
