package culvert.session;

import culvert.config.OriginSettings;
import culvert.net.Connection;
import culvert.protocol.ForeignServer;
import java.io.IOException;

/**
 * A protocol with the settings of an origin proxy: how a session begins. A reload replaces it, so
 * that an attempt uses one instance, with the settings of one moment, from start to end.
 */
public interface OriginDialect {

  /**
   * Logs in at the remote proxy over a new connection. The caller sets a deadline and closes the
   * connection after a failure.
   *
   * @throws culvert.protocol.PeerRefusedException if the remote proxy refuses and gives the reason
   * @throws IOException if the login failed otherwise
   */
  OriginSession login(Connection connection) throws IOException;

  /** Decides by the id of the remote proxy's process whether a login is completed. */
  @FunctionalInterface
  interface InstanceCheck {
    /**
     * Called by the thread of the login.
     *
     * @param instance as {@link OriginSession#remoteInstance} returns it
     * @throws IOException if the login ends here; the login throws it
     */
    void check(String instance) throws IOException;
  }

  /**
   * Logs in as {@link #login(Connection)} does, but lets a check end the login before it has an
   * effect at the remote proxy. A protocol without ids of processes does not call it.
   */
  default OriginSession login(Connection connection, InstanceCheck check) throws IOException {
    return login(connection);
  }

  /**
   * Returns the dialect for one more address of the remote proxy's name, with a memory of its own
   * of the addresses that services were served at.
   */
  default OriginDialect forAddress() {
    return this;
  }

  /**
   * Returns this dialect with the memory of another one, of the same role but maybe with other
   * settings.
   */
  default OriginDialect withMemoryOf(OriginDialect other) {
    return this;
  }

  /**
   * Returns the dialect for other settings of the role. Sessions and logins of this one are not
   * affected.
   *
   * @throws IllegalArgumentException if a file cannot be used, or the protocol does not permit the
   *     change of services
   */
  default OriginDialect with(OriginSettings changed) {
    return this;
  }

  /**
   * Returns whether the answer of a remote proxy can begin with these bytes, for messages; true
   * unless the dialect knows better.
   */
  default boolean canBeAnswer(byte[] first) {
    return true;
  }

  /** Returns whether this server uses another protocol than the dialect, for messages. */
  default boolean isForeign(ForeignServer server) {
    return true;
  }

  /** Returns the port that the dialect expects, for messages. */
  default String expectedPort() {
    return ForeignServer.REMOTE_PROXY_PORT;
  }
}
