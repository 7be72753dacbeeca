package culvert.session;

import culvert.protocol.ByeReason;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/** One origin proxy's membership, as the remote side sees it, for as long as it lasts. */
public interface Session {

  /** The origin proxy's address, for logs. */
  InetSocketAddress peer();

  /** Who logged in, where the dialect says so. */
  default Optional<ClientIdentity> identity() {
    return Optional.empty();
  }

  /**
   * Lives the session in the calling thread: services are offered and withdrawn as the peer says.
   * Returns normally only after {@link #close} or {@link #drain}.
   *
   * @throws IOException telling how it ended
   */
  void serve(ServiceRegistry services) throws IOException;

  /**
   * Begins a stream for a visitor. Returns at once: it never waits for the visitor's bytes nor for
   * the peer.
   *
   * @throws IOException if the session cannot take it, in which case another may
   */
  PendingStream open(Visitor visitor) throws IOException;

  /** The datagrams of a UDP service, where the dialect and the service carry them. */
  default Optional<Datagrams> datagrams(String service) {
    return Optional.empty();
  }

  /** Whether the peer owes a sign of life just now: another session would be the better choice. */
  default boolean isQuiet() {
    return false;
  }

  /**
   * Asks the peer for a sign of life. A dialect that cannot ask believes that it lives.
   *
   * @param answer hears, once the limit has passed, whether one came; must not block
   */
  default void probe(Duration limit, Consumer<Boolean> answer) {
    answer.accept(true);
  }

  /**
   * Tells the peer that this side is stopping, where the dialect can, and begins no stream any
   * more; the session ends once the last one is over. Does not wait.
   */
  default void drain() {}

  /** Ends the session at once and without a word, as when nobody would hear it. */
  default void abort() {
    close(ByeReason.STOPPING, "replaced");
  }

  /** Ends the session from this side and tells the peer why, where the dialect can. No waiting. */
  void close(ByeReason reason, String why);
}
