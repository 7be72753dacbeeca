package culvert.session;

import culvert.net.HostPort;
import java.io.IOException;
import java.util.List;

/** A session as the origin side sees it. */
public interface OriginSession {

  /** What the origin role hears. */
  interface Listener {
    /** A service that was offered is served now; where its visitors come in. */
    void served(String service, List<HostPort> addresses);

    /** A service that was offered is not served. */
    void declined(String service, String why);

    /** The remote proxy is stopping: what is open may finish, new visitors come no more. */
    void draining();
  }

  /**
   * Offers the services and lives the session in the calling thread. Returns normally only after
   * {@link #close}.
   *
   * @param streams handles the visitors' streams
   * @throws SessionEndedException if the remote proxy has ended it cleanly and without a reason
   * @throws IOException telling how it ended otherwise
   */
  void serve(List<String> services, Listener listener, IncomingStream.Handler streams)
      throws IOException;

  /**
   * Tells the remote proxy that this side is stopping. It sends no new visitors, and ends the
   * session once the last one is done. Does not wait.
   */
  void drain();

  /** Ends the session from this side. Does not wait. */
  void close();
}
