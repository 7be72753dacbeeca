package culvert.transport.websocket;

import culvert.protocol.ProtocolException;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * The header of a frame (RFC 6455, section 5.2).
 *
 * <pre>
 *   0               1               2
 *  +-+---+---------+-+--------------+----------------------+---------------+
 *  |F| 0 | opcode  |M| length, or   | the length if it is  | key, if M     |
 *  |I|   |         | | 126, or 127  | 126: 16 bits         |               |
 *  |N|   |         | |              | 127: 64 bits         |               |
 *  | 1 3      4    |1       7       | 0, 2 or 8 bytes      | 0 or 4 bytes  |
 *  +---------------+----------------+----------------------+---------------+
 * </pre>
 *
 * @param fin whether the frame is the last of its message
 * @param opcode {@link #CONTINUATION}, {@link #BINARY}, {@link #CLOSE}, {@link #PING} or {@link
 *     #PONG}
 * @param length of the payload, in bytes
 * @param maskingKey key that masks the payload; 0 if it is not masked
 * @param bytes length of the header itself
 */
record WebSocketHeader(boolean fin, int opcode, long length, int maskingKey, int bytes) {

  /** Continues a message that another frame started. */
  static final int CONTINUATION = 0;

  /** Starts a binary message. */
  static final int BINARY = 2;

  /** Ends the data of the sender. */
  static final int CLOSE = 8;

  /** Requests a Pong. */
  static final int PING = 9;

  /** Answers a Ping. */
  static final int PONG = 10;

  /** Maximum length of a header. */
  static final int MAX_BYTES = 14;

  /** Maximum payload of a control frame (RFC 6455, section 5.5). */
  static final int MAX_CONTROL_BYTES = 125;

  /** Length of a masking key. */
  static final int KEY_BYTES = 4;

  /** Maximum payload of a received frame, as in rathole. It is never buffered as a whole. */
  static final long MAX_PAYLOAD_BYTES = 16 * 1024 * 1024;

  private static final int FIN = 0x80;
  private static final int RESERVED = 0x70;
  private static final int OPCODE = 0x0f;
  private static final int MASKED = 0x80;
  private static final int TEXT = 1;
  private static final int MIN_CONTROL_OPCODE = 8;
  private static final int LENGTH_16_BITS = 126;
  private static final int LENGTH_64_BITS = 127;

  /** Returns whether this is a control frame, which may occur between the frames of a message. */
  boolean isControl() {
    return opcode >= MIN_CONTROL_OPCODE;
  }

  /**
   * Returns the header at the start of {@code records}, or empty if it is incomplete. The first two
   * bytes are checked as soon as they are present.
   *
   * @param masked whether the peer's frames must be masked; otherwise they must not be
   * @throws ProtocolException naming the rule that the frame violates
   */
  static Optional<WebSocketHeader> parse(ByteBuffer records, boolean masked)
      throws ProtocolException {
    if (records.remaining() < 2) {
      return Optional.empty();
    }
    int at = records.position();
    int first = records.get(at);
    int second = records.get(at + 1);
    int lengthField = second & ~MASKED & 0xff;
    checkFirst(first, lengthField);
    if ((second & MASKED) != 0 != masked) {
      throw new ProtocolException(
          masked
              ? "an unmasked WebSocket frame from a client"
              : "a masked WebSocket frame from a server");
    }
    int lengthBytes = lengthField == LENGTH_64_BITS ? 8 : lengthField == LENGTH_16_BITS ? 2 : 0;
    int bytes = 2 + lengthBytes + (masked ? KEY_BYTES : 0);
    if (records.remaining() < bytes) {
      return Optional.empty();
    }
    long length =
        switch (lengthBytes) {
          case 2 -> checkedLength(LENGTH_16_BITS, records.getShort(at + 2) & 0xffff);
          case 8 -> checkedLength(1 << 16, records.getLong(at + 2));
          default -> lengthField;
        };
    int maskingKey = masked ? records.getInt(at + bytes - KEY_BYTES) : 0;
    return Optional.of(
        new WebSocketHeader((first & FIN) != 0, first & OPCODE, length, maskingKey, bytes));
  }

  private static void checkFirst(int first, int lengthField) throws ProtocolException {
    if ((first & RESERVED) != 0) {
      throw new ProtocolException(
          "a WebSocket frame with reserved bits set, although no extension was negotiated");
    }
    switch (first & OPCODE) {
      case CONTINUATION, BINARY -> {}
      case TEXT ->
          throw new ProtocolException("a WebSocket text frame; only binary frames are accepted");
      case CLOSE, PING, PONG -> {
        if ((first & FIN) == 0) {
          throw new ProtocolException("a fragmented WebSocket control frame");
        }
        if (lengthField > MAX_CONTROL_BYTES) {
          throw new ProtocolException(
              "a WebSocket control frame of more than " + MAX_CONTROL_BYTES + " bytes");
        }
      }
      default ->
          throw new ProtocolException("a WebSocket frame with unknown opcode " + (first & OPCODE));
    }
  }

  private static long checkedLength(int min, long length) throws ProtocolException {
    if (length < 0) {
      throw new ProtocolException("a WebSocket frame with a negative length");
    }
    if (length < min) {
      throw new ProtocolException(
          "a WebSocket frame whose length is not encoded in the fewest bytes");
    }
    if (length > MAX_PAYLOAD_BYTES) {
      throw new ProtocolException(
          "a WebSocket frame of " + length + " bytes (maximum: " + MAX_PAYLOAD_BYTES + ")");
    }
    return length;
  }

  /** Writes the header of a complete message, without the masking key. */
  static void write(ByteBuffer records, int opcode, int length, boolean masked) {
    int maskBit = masked ? MASKED : 0;
    records.put((byte) (FIN | opcode));
    if (length < LENGTH_16_BITS) {
      records.put((byte) (maskBit | length));
    } else if (length < 1 << 16) {
      records.put((byte) (maskBit | LENGTH_16_BITS)).putShort((short) length);
    } else {
      records.put((byte) (maskBit | LENGTH_64_BITS)).putLong(length);
    }
  }
}
