package culvert.transport;

import culvert.net.BufferPool;
import culvert.net.ByteInput;
import culvert.protocol.ProtocolException;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The bytes that were read from a carrier and not yet decoded. A read that may wait uses a small
 * buffer, or one for exactly the record that has begun; only a read that does not wait uses a large
 * one of the pool, and only after the peer is authenticated. Only the thread that holds {@link
 * RecordInput}'s {@code busy} flag uses it.
 */
final class ReceiveBuffer {

  private static final ByteBuffer EMPTY = ByteBuffer.allocate(0);

  private final ByteInput carrier;
  private final ReceiveLoans loans;
  private final int idleBytes;

  /** From its position to its limit: the undecoded bytes. */
  private ByteBuffer records = EMPTY;

  ReceiveBuffer(ByteInput carrier, ByteBuffer early, ReceiveLoans loans, int idleBytes) {
    this.carrier = carrier;
    this.loans = loans;
    this.idleBytes = idleBytes;
    if (early.hasRemaining()) {
      int capacity = Math.max(idleBytes, early.remaining());
      records = loans.borrow(capacity).put(early).flip();
    }
  }

  /** Returns the undecoded bytes; decoding moves the buffer's position. */
  ByteBuffer bytes() {
    return records;
  }

  /**
   * Reads from the carrier, once.
   *
   * @param needed number of bytes that the decoder needs to continue
   * @return the number of bytes read, or -1 at the end of the carrier
   * @throws ProtocolException if an unauthenticated peer sends a record longer than allowed
   */
  int fill(int needed) throws IOException {
    makeSpace(waitingBytes(needed));
    int n = carrier.read(records);
    records.flip();
    return n;
  }

  /**
   * Reads from the carrier, once and without waiting.
   *
   * @param needed number of bytes that the decoder needs to continue
   * @param isBulk whether the reader has a large buffer for the payload
   * @return the number of bytes read, 0 if none can be read now, or -1 at the end of the carrier
   * @throws ProtocolException if an unauthenticated peer sends a record longer than allowed
   */
  int tryFill(int needed, boolean isBulk) throws IOException {
    boolean isLarge = isBulk && loans.isAuthenticated();
    makeSpace(isLarge ? BufferPool.BUFFER_BYTES : waitingBytes(needed));
    int n = carrier.tryRead(records);
    records.flip();
    return n;
  }

  private int waitingBytes(int needed) throws ProtocolException {
    if (needed > ReceiveLoans.MAX_UNAUTHENTICATED_RECORD_BYTES && !loans.isAuthenticated()) {
      throw new ProtocolException(
          "a record exceeds "
              + ReceiveLoans.MAX_UNAUTHENTICATED_RECORD_BYTES
              + " bytes, the maximum before login");
    }
    return Math.max(idleBytes, needed);
  }

  /** Prepares a buffer of this size to be filled after the undecoded bytes. */
  private void makeSpace(int capacity) {
    if (records.capacity() == capacity) {
      records.compact();
    } else {
      replace(capacity);
    }
  }

  private void replace(int capacity) {
    ByteBuffer next =
        capacity == BufferPool.BUFFER_BYTES ? loans.borrowLarge() : loans.borrow(capacity);
    next.put(records);
    loans.release(records);
    records = next;
  }

  /** Replaces a buffer that has more space than it needs: the reader will not fill it soon. */
  void shrink() {
    int capacity = Math.max(idleBytes, records.remaining());
    if (capacity < records.capacity()) {
      replace(capacity);
      records.flip();
    }
  }

  /** Gives the buffer back and drops the bytes in it. */
  void release() {
    loans.release(records);
    records = EMPTY;
  }
}
