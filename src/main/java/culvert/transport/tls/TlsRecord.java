package culvert.transport.tls;

import culvert.protocol.ProtocolException;
import java.nio.ByteBuffer;

/**
 * The header of a TLS record (RFC 8446, 5.1, and RFC 5246, 6.2):
 *
 * <pre>
 *   type   1 byte    20 change cipher spec, 21 alert, 22 handshake, 23 application data
 *   version 2 bytes  3.1 or 3.3, without meaning
 *   length 2 bytes   of what follows
 * </pre>
 */
final class TlsRecord {

  /** Length of the header. */
  static final int HEADER_BYTES = 5;

  /** Most payload of a record. */
  static final int MAX_PAYLOAD_BYTES = 1 << 14;

  /** A record of TLS 1.2 may be so much longer than its payload; one of 1.3 by 256 bytes. */
  private static final int MAX_OVERHEAD_BYTES = 2048;

  private static final int ALERT = 21;
  private static final int HANDSHAKE = 22;
  private static final int LENGTH_OFFSET = 3;

  private TlsRecord() {}

  /** Whether a first answer can begin with this byte: a handshake record, or an alert. */
  static boolean begins(byte first) {
    return first == HANDSHAKE || first == ALERT;
  }

  /** Whether it is an alert, which only TLS 1.2 tells in the clear. */
  static boolean isAlert(ByteBuffer records) {
    return records.get(records.position()) == ALERT;
  }

  /**
   * The length of the record at the buffer's position, its header included.
   *
   * @throws ProtocolException if no record may be so long
   */
  static int length(ByteBuffer records) throws ProtocolException {
    int length = records.getShort(records.position() + LENGTH_OFFSET) & 0xffff;
    if (length > MAX_PAYLOAD_BYTES + MAX_OVERHEAD_BYTES) {
      throw new ProtocolException("a TLS record of " + length + " bytes is longer than allowed");
    }
    return HEADER_BYTES + length;
  }
}
