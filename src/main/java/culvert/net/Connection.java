package culvert.net;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Optional;

/**
 * A bidirectional byte stream: a TCP socket, a stream on a link, or a transport on top of another
 * connection. Each direction ends independently.
 *
 * <p>One thread reads and one writes. Only the writer calls {@link #closeOutput}. Any thread may
 * call {@link #reset} and {@link #close}; both never block and end a blocked read or write.
 */
public interface Connection extends AutoCloseable {

  /**
   * Returns the bytes that the peer sends. The input is the same object for the whole life of the
   * connection, so that no byte is lost.
   */
  ByteInput input();

  /** Returns the output to the peer. */
  ByteOutput output();

  /**
   * Half-closes the connection: the peer reads the end of the stream after everything written so
   * far, and may continue to send.
   */
  void closeOutput() throws IOException;

  /** Ends both directions; the peer sees an error, never a clean end of stream. */
  void reset();

  /** Ends both directions. Unless both have already ended, the peer may see a reset. */
  @Override
  void close();

  /**
   * Ends both directions at once. If this side has ended its output before, everything sent is
   * still delivered to a peer that sends nothing more; bytes of the peer that were not read, or
   * that arrive from then on, are answered by a reset. Otherwise the connection is reset.
   */
  default void abandon() {
    reset();
  }

  /**
   * Makes the operating system reset the connection if this process dies. Otherwise the system
   * would close the socket cleanly, and a truncated transfer would look complete. Does nothing on a
   * connection on top of another one.
   */
  default void resetOnDeath() throws IOException {}

  /**
   * Returns the channel binding: bytes that are unique to this connection and equal at both ends,
   * which an authentication proof covers; empty if there is none. A transport without a binding of
   * its own returns that of the connection below.
   */
  default byte[] channelBinding() {
    return new byte[0];
  }

  /** Returns the connection below all transports; this one if it is not a transport. */
  default Connection underlying() {
    return this;
  }

  /** Returns the address of the peer, for logs and limits. */
  InetSocketAddress peer();

  /** Returns the local address. */
  InetSocketAddress local();

  /** Returns the number of bytes read from the peer so far. */
  long received();

  /** Returns the number of bytes written to the peer so far. */
  long sent();

  /**
   * Returns a count that changes while bytes move in either direction: those received and sent and,
   * if this connection learns of it, those that the peer has read.
   */
  default long activity() {
    return received() + sent();
  }

  /**
   * Returns whether the peer has ended its direction and all of its bytes can be read, or were
   * read, even if the connection has failed. Returns false if this connection learns of the end
   * only in a read, as a plain socket.
   */
  default boolean isInputComplete() {
    return false;
  }

  /**
   * Returns whether this side has closed or reset the connection. A connection on top of another
   * one may return false.
   */
  default boolean isClosed() {
    return false;
  }

  /** Returns why this connection ended abnormally, if it did. */
  Optional<CloseCause> closeCause();

  /**
   * Runs {@code action}, which must not block, when the connection breaks while no thread reads or
   * writes. Returns false if this connection cannot detect that, as a plain socket; it then never
   * runs the action.
   */
  default boolean onBroken(Runnable action) {
    return false;
  }
}
