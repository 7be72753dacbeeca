package culvert.transport;

import culvert.net.ByteInput;
import culvert.protocol.ProtocolException;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The bytes that were read from a carrier and not yet decoded. The buffer is small while little
 * arrives and comes from the pool while much arrives or a record needs the space, but never before
 * the peer is authenticated. Only the thread that holds {@link RecordInput}'s {@code busy} flag
 * uses it.
 */
final class ReceiveBuffer {

  private static final ByteBuffer EMPTY = ByteBuffer.allocate(0);

  private final ByteInput carrier;
  private final ReceiveLoans loans;
  private final int idleBytes;

  /** From its position to its limit: the undecoded bytes. */
  private ByteBuffer records = EMPTY;

  /** Whether {@code records} came from {@link ReceiveLoans#borrowLarge}. */
  private boolean large;

  /** Whether the last read left no space. */
  private boolean filled;

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
   * @return the number of bytes read, or -1 at the end of the carrier
   * @throws ProtocolException if an unauthenticated peer sends a record longer than allowed
   */
  int fill() throws IOException {
    makeSpace();
    int n = carrier.read(records);
    filled = !records.hasRemaining();
    records.flip();
    return n;
  }

  private void makeSpace() throws IOException {
    int left = records.remaining();
    boolean needsLarge = left >= idleBytes || filled && !isIdle();
    if (needsLarge && (!large || canReplaceUnauthenticated())) {
      replace(loans.borrowLarge(), true);
    } else if (left == 0 && !needsLarge && (records.capacity() == 0 || large && isIdle())) {
      replace(loans.borrow(idleBytes), false);
    } else {
      records.compact();
      if (!records.hasRemaining()) {
        throw new ProtocolException(
            "a record exceeds "
                + ReceiveLoans.MAX_UNAUTHENTICATED_RECORD_BYTES
                + " bytes, the maximum before login");
      }
    }
  }

  private boolean canReplaceUnauthenticated() {
    return loans.isAuthenticated()
        && records.capacity() == ReceiveLoans.MAX_UNAUTHENTICATED_RECORD_BYTES;
  }

  private boolean isIdle() throws IOException {
    return carrier.available() == 0;
  }

  private void replace(ByteBuffer next, boolean isLarge) {
    next.put(records);
    loans.release(records);
    records = next;
    large = isLarge;
  }

  /** Gives a large buffer back: the reader will not fill this one soon. */
  void shrink() {
    if (large) {
      replace(loans.borrow(Math.max(idleBytes, records.remaining())), false);
      records.flip();
    }
  }

  /** Gives the buffer back and drops the bytes in it. */
  void release() {
    loans.release(records);
    large = false;
    records = EMPTY;
  }
}
