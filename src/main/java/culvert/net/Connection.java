package culvert.net;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Optional;

/**
 * A two-way stream of bytes: a TCP socket, a stream on a leg, or a transport wrapped around another
 * connection. Each direction ends by itself.
 *
 * <p>One thread reads and one writes. {@link #closeOutput} belongs to the writer; {@link #reset}
 * and {@link #close} may be called by anyone, never block, and are how a blocked read or write is
 * ended.
 */
public interface Connection extends AutoCloseable {

  /** What the peer sends. There is one input for the connection's whole life: no byte is lost. */
  ByteInput input();

  /** What goes to the peer. */
  ByteOutput output();

  /**
   * Half-close: the peer reads the end of the stream after everything written so far, and may go on
   * sending.
   */
  void closeOutput() throws IOException;

  /** Ends both directions so that the peer sees an error, never a clean end. */
  void reset();

  /**
   * Ends both directions. Before both have ended by themselves, this may reach the peer as a reset.
   */
  @Override
  void close();

  /**
   * From now on the death of this process reaches the peer as a reset. Without it the system would
   * end a socket cleanly, and what was cut would look complete. Where the connection lies on
   * another there is nothing to do.
   */
  default void resetOnDeath() throws IOException {}

  /**
   * What only this connection has, alike at both its ends, so that a proof can name it; empty where
   * there is nothing. Where the connection lies on another it is the other's, if it has none.
   */
  default byte[] channelBinding() {
    return new byte[0];
  }

  /** The connection that all the wrappings lie on in the end; this one, if it lies on none. */
  default Connection underlying() {
    return this;
  }

  /** The other end, for logs and limits. */
  InetSocketAddress peer();

  /** This end. */
  InetSocketAddress local();

  /** Bytes read from the peer so far. */
  long received();

  /** Bytes written to the peer so far. */
  long sent();

  /** What broke this connection, if anything did. */
  Optional<CloseCause> closeCause();

  /**
   * Runs {@code action}, which must not block, when the connection breaks while nobody reads or
   * writes it. A plain socket is never told, so it never runs it.
   */
  default void onBroken(Runnable action) {}
}
