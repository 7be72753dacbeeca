package culvert.net;

import java.nio.ByteBuffer;

/**
 * The datagrams of one visitor of a UDP service, in both directions. Datagrams are dropped rather
 * than queued without limit, and arrive whole or not at all.
 */
public interface Flow {

  /** Receives the events of a flow; no method may block. */
  interface Receiver {
    /**
     * A datagram was received.
     *
     * @param datagram its remaining bytes, which are valid during the call only
     */
    void received(ByteBuffer datagram);

    /** The flow has ended, and was not closed from this side; no other event follows. */
    void ended(CloseCause cause);
  }

  /**
   * Sends a datagram, or drops it: if the flow has ended, or if more wait to be sent than the
   * limits allow, for which earlier ones may be dropped instead. Copies the remaining bytes and
   * consumes them. Does not block.
   *
   * @return the bytes of datagrams of this flow that were dropped
   */
  int send(ByteBuffer datagram);

  /**
   * Ends the flow and discards the datagrams that wait. Does not block; has no effect if the flow
   * has ended.
   *
   * @param cause the reason for the peer
   */
  void close(CloseCause cause);
}
