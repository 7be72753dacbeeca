package culvert.transport.tls;

import culvert.protocol.ProtocolException;
import java.nio.ByteBuffer;

/**
 * The header of a TLS record (RFC 8446, 5.1, and RFC 5246, 6.2):
 *
 * <pre>
 *   type   1 byte    20 change cipher spec, 21 alert, 22 handshake, 23 application data
 *   version 2 bytes  3.1 or 3.3, ignored
 *   length 2 bytes   of the content
 * </pre>
 */
final class TlsRecord {

  /** Size of the header. */
  static final int HEADER_BYTES = 5;

  /** Maximum payload of a record. */
  static final int MAX_PAYLOAD_BYTES = 1 << 14;

  /** Maximum overhead of a record in TLS 1.2; it is 256 bytes in TLS 1.3. */
  private static final int MAX_OVERHEAD_BYTES = 2048;

  private static final int ALERT = 21;
  private static final int HANDSHAKE = 22;
  private static final int LENGTH_OFFSET = 3;

  private TlsRecord() {}

  /** Returns whether this can be the first byte of an answer: a handshake record or an alert. */
  static boolean canBeginAnswer(byte first) {
    return first == HANDSHAKE || first == ALERT;
  }

  /** Returns whether the record is an alert, which is visible in TLS 1.2 only. */
  static boolean isAlert(ByteBuffer records) {
    return records.get(records.position()) == ALERT;
  }

  /**
   * Returns the length of the record at the buffer's position, its header included, in bytes.
   *
   * @throws ProtocolException if it is more than the maximum of TLS
   */
  static int length(ByteBuffer records) throws ProtocolException {
    int length = records.getShort(records.position() + LENGTH_OFFSET) & 0xffff;
    if (length > MAX_PAYLOAD_BYTES + MAX_OVERHEAD_BYTES) {
      throw new ProtocolException(
          "invalid TLS record length "
              + length
              + " (maximum "
              + (MAX_PAYLOAD_BYTES + MAX_OVERHEAD_BYTES)
              + ")");
    }
    return HEADER_BYTES + length;
  }
}
