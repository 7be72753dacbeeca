package culvert.transport.websocket;

import culvert.protocol.ProtocolException;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * The header of a frame (RFC 6455, 5.2).
 *
 * <pre>
 *   0               1               2
 *  +-+---+---------+-+--------------+----------------------+---------------+
 *  |F| 0 | opcode  |M| length, or   | the length if it is  | mask, if M    |
 *  |I|   |         | | 126, or 127  | 126: 16 bits         |               |
 *  |N|   |         | |              | 127: 64 bits         |               |
 *  | 1 3      4    |1       7       | 0, 2 or 8 bytes      | 0 or 4 bytes  |
 *  +---------------+----------------+----------------------+---------------+
 * </pre>
 *
 * @param last whether it is the last of its message: FIN
 * @param opcode one of those below
 * @param length of the payload, in bytes
 * @param mask what the payload is masked with; 0 if it is not
 * @param bytes how long the header itself is
 */
record WebSocketHeader(boolean fin, int opcode, long length, int maskingKey, int bytes) {

  /** More of a message that another frame began. */
  static final int CONTINUATION = 0;

  /** The beginning of a message of bytes. */
  static final int BINARY = 2;

  /** The peer sends no more. */
  static final int CLOSE = 8;

  /** A question for a sign of life. */
  static final int PING = 9;

  /** The answer to it. */
  static final int PONG = 10;

  /** The longest header. */
  static final int MAX_BYTES = 14;

  /** The longest payload of a control frame (RFC 6455, 5.5). */
  static final int MAX_CONTROL_BYTES = 125;

  /** The longest payload taken in one frame. It is never held whole; rathole takes as much. */
  static final long MAX_PAYLOAD_BYTES = 16 * 1024 * 1024;

  private static final int FIN = 0x80;
  private static final int RESERVED = 0x70;
  private static final int OPCODE = 0x0f;
  private static final int MASKED = 0x80;
  private static final int TEXT = 1;
  private static final int CONTROL = 8;
  private static final int SHORT = 126;
  private static final int LONG = 127;
  private static final int MASK_BYTES = 4;

  /** Whether it is a control frame, which may stand between the frames of a message. */
  boolean isControl() {
    return opcode >= CONTROL;
  }

  /**
   * The header that {@code records} begins with, if all of it has come. What is wrong with its
   * first two bytes is told at once.
   *
   * @param masked whether the peer's frames must be masked; else they must not
   * @throws ProtocolException naming the rule that is broken
   */
  static Optional<WebSocketHeader> parse(ByteBuffer records, boolean masked)
      throws ProtocolException {
    if (records.remaining() < 2) {
      return Optional.empty();
    }
    int at = records.position();
    int first = records.get(at);
    int second = records.get(at + 1);
    int shortLength = second & ~MASKED & 0xff;
    checkFirst(first, shortLength);
    if ((second & MASKED) != 0 != masked) {
      throw new ProtocolException(
          masked ? "a WebSocket frame of a client's without a mask" : "a masked WebSocket frame");
    }
    int lengthBytes = shortLength == LONG ? 8 : shortLength == SHORT ? 2 : 0;
    int bytes = 2 + lengthBytes + (masked ? MASK_BYTES : 0);
    if (records.remaining() < bytes) {
      return Optional.empty();
    }
    long length =
        switch (lengthBytes) {
          case 2 -> atLeast(SHORT, records.getShort(at + 2) & 0xffff);
          case 8 -> atLeast(1 << 16, records.getLong(at + 2));
          default -> shortLength;
        };
    int mask = masked ? records.getInt(at + bytes - MASK_BYTES) : 0;
    return Optional.of(
        new WebSocketHeader((first & FIN) != 0, first & OPCODE, length, mask, bytes));
  }

  private static void checkFirst(int first, int shortLength) throws ProtocolException {
    if ((first & RESERVED) != 0) {
      throw new ProtocolException(
          "a WebSocket frame with reserved bits set, though no extension was agreed on");
    }
    switch (first & OPCODE) {
      case CONTINUATION, BINARY -> {}
      case TEXT ->
          throw new ProtocolException("a WebSocket text frame; only binary frames are taken");
      case CLOSE, PING, PONG -> {
        if ((first & FIN) == 0) {
          throw new ProtocolException("a WebSocket control frame in fragments");
        }
        if (shortLength > MAX_CONTROL_BYTES) {
          throw new ProtocolException(
              "a WebSocket control frame of more than " + MAX_CONTROL_BYTES + " bytes");
        }
      }
      default ->
          throw new ProtocolException(
              "a WebSocket frame with the unknown opcode " + (first & OPCODE));
    }
  }

  private static long atLeast(int least, long length) throws ProtocolException {
    if (length < 0) {
      throw new ProtocolException("a WebSocket frame with a negative length");
    }
    if (length < least) {
      throw new ProtocolException(
          "a WebSocket frame whose length is not written in the shortest form");
    }
    if (length > MAX_PAYLOAD_BYTES) {
      throw new ProtocolException(
          "a WebSocket frame of " + length + " bytes; the most is " + MAX_PAYLOAD_BYTES);
    }
    return length;
  }

  /** Writes the header of a whole message, up to its mask. */
  static void write(ByteBuffer records, int opcode, int length, boolean masked) {
    int maskBit = masked ? MASKED : 0;
    records.put((byte) (FIN | opcode));
    if (length < SHORT) {
      records.put((byte) (maskBit | length));
    } else if (length < 1 << 16) {
      records.put((byte) (maskBit | SHORT)).putShort((short) length);
    } else {
      records.put((byte) (maskBit | LONG)).putLong(length);
    }
  }
}
