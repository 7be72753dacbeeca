package culvert.transport;

import culvert.protocol.ProtocolException;

/**
 * Limits consecutive records without payload: no other limit applies to a peer that sends only
 * those. Not thread-safe; the reader of a connection uses it.
 */
final class EmptyRecordLimit {

  /** Maximum consecutive records without payload in a minute. */
  private static final int MAX_EMPTY = 1024;

  private static final long MINUTE_NANOS = 60_000_000_000L;

  private int empty;
  private long sinceNanos;

  /**
   * Counts a record.
   *
   * @param payload its payload in bytes
   * @throws ProtocolException if the peer exceeded the limit
   */
  void count(int payload) throws ProtocolException {
    if (payload > 0) {
      empty = 0;
      return;
    }
    long now = System.nanoTime();
    if (empty == 0 || now - sinceNanos > MINUTE_NANOS) {
      empty = 0;
      sinceNanos = now;
    }
    if (++empty > MAX_EMPTY) {
      throw new ProtocolException("the peer sent " + MAX_EMPTY + " records without payload");
    }
  }
}
