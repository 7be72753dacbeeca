package culvert.transport;

import culvert.net.BufferPool;
import culvert.net.ByteInput;
import culvert.protocol.ProtocolException;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The bytes that were read from a carrier and not yet decoded. The buffer is small while little
 * arrives and comes from the pool while much arrives or a record needs the space, but never before
 * the peer is authenticated. Only the thread that holds {@link RecordInput}'s {@code busy} flag
 * uses it, apart from {@link #setAuthenticated}.
 */
final class ReceiveBuffer {

  /**
   * Maximum record of an unauthenticated peer, in bytes: enough for one of TLS (RFC 8446, 5.2), and
   * far more than a login needs.
   */
  static final int MAX_UNAUTHENTICATED_RECORD_BYTES = 20 * 1024;

  private static final ByteBuffer EMPTY = ByteBuffer.allocate(0);

  private final ByteInput carrier;
  private final BufferPool pool;
  private final int idleBytes;

  /** Set once, by the thread that completes the login; read by the reader. */
  private volatile boolean authenticated;

  /** From its position to its limit: the undecoded bytes. */
  private ByteBuffer records = EMPTY;

  /** Whether {@code records} came from {@link #borrow()}. */
  private boolean large;

  /** Whether the last read left no space. */
  private boolean filled;

  ReceiveBuffer(ByteInput carrier, ByteBuffer early, BufferPool pool, int idleBytes) {
    this.carrier = carrier;
    this.pool = pool;
    this.idleBytes = idleBytes;
    if (early.hasRemaining()) {
      int capacity = Math.max(idleBytes, early.remaining());
      records = pool.borrow(capacity).put(early).flip();
    }
  }

  void setAuthenticated() {
    authenticated = true;
  }

  /** Returns the undecoded bytes; decoding moves the buffer's position. */
  ByteBuffer bytes() {
    return records;
  }

  /**
   * Returns a buffer for a record that does not fit into a small one: from the pool, or on the heap
   * for an unauthenticated peer. The borrower gives either back to the pool.
   */
  ByteBuffer borrow() {
    return authenticated ? pool.borrow() : pool.borrow(MAX_UNAUTHENTICATED_RECORD_BYTES);
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
      replace(borrow(), true);
    } else if (left == 0 && !needsLarge && (records.capacity() == 0 || large && isIdle())) {
      replace(pool.borrow(idleBytes), false);
    } else {
      records.compact();
      if (!records.hasRemaining()) {
        throw new ProtocolException(
            "a record exceeds "
                + MAX_UNAUTHENTICATED_RECORD_BYTES
                + " bytes, the maximum before login");
      }
    }
  }

  private boolean canReplaceUnauthenticated() {
    return authenticated && records.capacity() == MAX_UNAUTHENTICATED_RECORD_BYTES;
  }

  private boolean isIdle() throws IOException {
    return carrier.available() == 0;
  }

  private void replace(ByteBuffer next, boolean isLarge) {
    next.put(records);
    pool.release(records);
    records = next;
    large = isLarge;
  }

  /** Gives a large buffer back: the reader will not fill this one soon. */
  void shrink() {
    if (large) {
      replace(pool.borrow(Math.max(idleBytes, records.remaining())), false);
      records.flip();
    }
  }

  /** Returns the buffer to the pool and drops the bytes in it. */
  void release() {
    pool.release(records);
    large = false;
    records = EMPTY;
  }
}
