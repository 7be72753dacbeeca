package culvert.remote;

import culvert.net.ServerAddress;
import java.io.IOException;

/** A listener whose address is bound: that of a service, or one for origin proxies. */
interface BoundListener extends AutoCloseable {

  /** Returns the bound address. */
  ServerAddress address();

  /**
   * Starts to accept.
   *
   * @throws IOException if the system does not permit it; the caller closes the listener
   */
  void start() throws IOException;

  /** Accepts no new visitors. Those that were accepted continue, also of UDP. */
  default void stop() {
    close();
  }

  /**
   * Accepts no new sessions of origin proxies, after the listener was replaced. A later call checks
   * again whether a session needs the listener.
   *
   * @param action runs once the last session does not need the listener any more
   * @return false if none needs it now: the action does not run, and the caller closes the listener
   */
  default boolean retire(Runnable action) {
    return false;
  }

  /** Accepts sessions again after {@link #retire} has returned true. */
  default void reopen() {}

  /** Frees the port. TCP connections that were accepted stay; flows of UDP end. */
  @Override
  void close();
}
