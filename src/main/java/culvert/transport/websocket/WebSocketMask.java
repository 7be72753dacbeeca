package culvert.transport.websocket;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.SecureRandom;

/**
 * Masks for a client's frames, and masking. A mask must not be foreseen by whoever chooses the
 * payload (RFC 6455, 10.3), here any visitor: so they are cut from blocks of a secure generator's.
 * One thread draws at a time.
 */
final class WebSocketMask {

  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int BLOCK_BYTES = 256;

  private static final VarHandle IN_ARRAY =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  /** Works in whatever order the buffer has for its owner. */
  private static final VarHandle IN_BUFFER =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private final ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES).flip();

  /** A fresh mask. */
  int nextKey() {
    if (!block.hasRemaining()) {
      RANDOM.nextBytes(block.array());
      block.clear();
    }
    return block.getInt();
  }

  /**
   * Moves bytes and masks or unmasks them on the way (RFC 6455, 5.3).
   *
   * @param mask its first byte, the highest, is for the first of the bytes
   */
  static void transfer(ByteBuffer from, ByteBuffer to, int bytes, int mask) {
    int at = to.position();
    to.put(at, from, from.position(), bytes);
    from.position(from.position() + bytes);
    to.position(at + bytes);
    long twice = (long) mask << 32 | mask & 0xffff_ffffL;
    if (to.hasArray()) {
      maskArray(to.array(), to.arrayOffset() + at, bytes, twice);
    } else {
      maskDirect(to, at, bytes, twice);
    }
  }

  private static void maskArray(byte[] array, int at, int bytes, long mask) {
    int i = 0;
    for (; i <= bytes - Long.BYTES; i += Long.BYTES) {
      IN_ARRAY.set(array, at + i, (long) IN_ARRAY.get(array, at + i) ^ mask);
    }
    for (; i < bytes; i++) {
      array[at + i] ^= (byte) (mask >>> 8 * (7 - (i & 7)));
    }
  }

  private static void maskDirect(ByteBuffer buffer, int at, int bytes, long mask) {
    int i = 0;
    for (; i <= bytes - Long.BYTES; i += Long.BYTES) {
      IN_BUFFER.set(buffer, at + i, (long) IN_BUFFER.get(buffer, at + i) ^ mask);
    }
    for (; i < bytes; i++) {
      buffer.put(at + i, (byte) (buffer.get(at + i) ^ mask >>> 8 * (7 - (i & 7))));
    }
  }

  /** The mask that goes on where {@code bytes} of it have been used. */
  static int advance(int mask, int bytes) {
    return Integer.rotateLeft(mask, 8 * (bytes & 3));
  }
}
