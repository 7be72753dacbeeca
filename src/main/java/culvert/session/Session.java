package culvert.session;

import culvert.protocol.ByeReason;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** One origin proxy's authenticated membership, as the remote proxy sees it. */
public interface Session {

  /** Returns the origin proxy's address, for logs. */
  InetSocketAddress peer();

  /** Returns the client's identity, where the protocol has one. */
  default Optional<ClientIdentity> identity() {
    return Optional.empty();
  }

  /** Returns the client that the origin proxy has proven to be, if it has logged in as one. */
  default Optional<ProvenClient> client() {
    return Optional.empty();
  }

  /**
   * Returns the authentication of the login, if it is by the settings of origin proxies and not by
   * those of another protocol.
   */
  default Optional<LoginProof> proof() {
    return Optional.empty();
  }

  /**
   * Runs the session in the calling thread: offers and withdraws services as the peer requests.
   * Returns normally only after {@link #close} or {@link #drain}.
   *
   * @throws IOException with the reason for which it ended
   */
  void serve(ServiceRegistry services) throws IOException;

  /**
   * Opens a stream for a visitor. Returns at once: it waits neither for the visitor's bytes nor for
   * the peer.
   *
   * @throws IOException if the session cannot carry it; another session may
   */
  PendingStream open(Visitor visitor) throws IOException;

  /** Returns the datagrams of a UDP service, where the protocol and the service carry them. */
  default Optional<Datagrams> datagrams(String service) {
    return Optional.empty();
  }

  /**
   * Reports that a TCP service which the session serves was opened, and may have visitors; must not
   * block.
   */
  default void serviceOpened(String service) {}

  /** Reports that such a service was closed: it has no new visitors. Must not block. */
  default void serviceClosed(String service) {}

  /**
   * Reports that the other sessions that share a service with this one have changed; must not
   * block.
   *
   * @param others how many other sessions serve it
   * @param names names of some of them
   */
  default void shared(String service, int others, List<String> names) {}

  /**
   * Reports that the settings do not permit a service of this {@link #client} any more, which was
   * withdrawn; must not block.
   *
   * @param why for users
   */
  default void revoked(String service, String why) {}

  /**
   * Reports that the settings permit a service of this {@link #client} that they did not permit
   * before; must not block.
   */
  default void permitted(String service) {}

  /**
   * Returns whether the peer still opens a connection for each visitor, to the address at which it
   * has logged in.
   */
  default boolean hasDataChannels() {
    return false;
  }

  /** Returns whether the peer has yet to answer a ping: another session is preferable. */
  default boolean isQuiet() {
    return false;
  }

  /**
   * Checks that the peer answers. A protocol without pings reports that it does.
   *
   * @param answer receives the result once the limit has passed; must not block
   */
  default void probe(Duration limit, Consumer<Boolean> answer) {
    answer.accept(true);
  }

  /**
   * Opens no more streams and flows, notifies the peer that this side is stopping where the
   * protocol can, and ends the session after the last stream and flow. Does not block.
   */
  default void drain() {}

  /** Ends the session at once without a message, because no peer would read one. */
  default void abort() {
    close(ByeReason.STOPPING, "replaced");
  }

  /** Ends the session and sends the peer the reason, where the protocol can. Does not block. */
  void close(ByeReason reason, String why);
}
