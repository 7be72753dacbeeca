package culvert.transport.websocket;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.SecureRandom;

/**
 * Generates masking keys for a client's frames, and masks payload. The party that chooses the
 * payload, here any visitor, must not be able to predict the key (RFC 6455, section 10.3). The keys
 * are therefore taken from blocks of a cryptographically secure generator. One thread calls {@link
 * #nextKey} at a time.
 */
final class WebSocketMask {

  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int BLOCK_BYTES = 256;

  private static final VarHandle IN_ARRAY =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  /** Independent of the byte order that the buffer is set to. */
  private static final VarHandle IN_BUFFER =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private final ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES).flip();

  /** Returns a new key. */
  int nextKey() {
    if (!block.hasRemaining()) {
      RANDOM.nextBytes(block.array());
      block.clear();
    }
    return block.getInt();
  }

  /**
   * Transfers bytes from one buffer to another and masks or unmasks them (RFC 6455, section 5.3).
   *
   * @param key its most significant byte masks the first of the bytes
   */
  static void transfer(ByteBuffer from, ByteBuffer to, int bytes, int key) {
    int at = to.position();
    to.put(at, from, from.position(), bytes);
    from.position(from.position() + bytes);
    to.position(at + bytes);
    long doubleKey = (long) key << 32 | key & 0xffff_ffffL;
    if (to.hasArray()) {
      maskArray(to.array(), to.arrayOffset() + at, bytes, doubleKey);
    } else {
      maskDirect(to, at, bytes, doubleKey);
    }
  }

  private static void maskArray(byte[] array, int at, int bytes, long key) {
    int i = 0;
    for (; i <= bytes - Long.BYTES; i += Long.BYTES) {
      IN_ARRAY.set(array, at + i, (long) IN_ARRAY.get(array, at + i) ^ key);
    }
    for (; i < bytes; i++) {
      array[at + i] ^= (byte) (key >>> 8 * (7 - (i & 7)));
    }
  }

  private static void maskDirect(ByteBuffer buffer, int at, int bytes, long key) {
    int i = 0;
    for (; i <= bytes - Long.BYTES; i += Long.BYTES) {
      IN_BUFFER.set(buffer, at + i, (long) IN_BUFFER.get(buffer, at + i) ^ key);
    }
    for (; i < bytes; i++) {
      buffer.put(at + i, (byte) (buffer.get(at + i) ^ key >>> 8 * (7 - (i & 7))));
    }
  }

  /** Returns the key for the bytes that follow after {@code bytes} bytes have been masked. */
  static int advance(int key, int bytes) {
    return Integer.rotateLeft(key, 8 * (bytes & 3));
  }
}
