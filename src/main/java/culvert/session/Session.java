package culvert.session;

import culvert.net.HostPort;
import java.io.IOException;
import java.util.Optional;

/** One origin proxy's membership, as the remote side sees it, for as long as it lasts. */
public interface Session {

  /** The origin proxy's address, for logs. */
  HostPort peer();

  /**
   * Lives the session in the calling thread: services are offered and withdrawn as the peer says.
   * Returns normally only after {@link #close}.
   *
   * @throws IOException telling how it ended
   */
  void serve(Services services) throws IOException;

  /**
   * Begins a stream for a visitor. Returns at once: it never waits for the visitor's bytes nor for
   * the peer.
   *
   * @throws IOException if the session cannot take it, in which case another may
   */
  Opened open(Visitor visitor) throws IOException;

  /** The datagrams of a UDP service, where the dialect and the service carry them. */
  default Optional<Datagrams> datagrams(String service) {
    return Optional.empty();
  }

  /** Ends the session from this side. Does not wait. */
  void close();
}
