package culvert.protocol;

import java.nio.ByteBuffer;

/**
 * The header of a frame; its layout is drawn in the package's description.
 *
 * @param type the kind of frame
 * @param length length of the payload in bytes
 * @param stream 0 for the session itself
 */
public record Frame(FrameType type, int length, long stream) {

  /** Length of a header in bytes. */
  public static final int HEADER_BYTES = 12;

  /** Maximum length of a frame other than DATA and DATAGRAM, including the header, in bytes. */
  public static final int MAX_MESSAGE_BYTES = HEADER_BYTES + 4096;

  /**
   * Reads a header and checks it without its payload.
   *
   * @throws ProtocolException for an unknown frame type, a length outside the limits of the type,
   *     or a stream id that the type does not allow
   */
  public static Frame read(ByteBuffer in) throws ProtocolException {
    int first = in.getInt();
    long stream = in.getLong();
    FrameType type = FrameType.of(first >>> 24);
    int length = first & 0xff_ffff;
    if (length < type.minLength() || length > type.maxLength()) {
      throw new ProtocolException(
          "invalid "
              + type
              + " length "
              + length
              + " (allowed: "
              + type.minLength()
              + " to "
              + type.maxLength()
              + ")");
    }
    if ((type.scope() == FrameType.Scope.STREAM) == (stream == 0) || stream < 0) {
      throw new ProtocolException(type + " on stream " + Long.toUnsignedString(stream));
    }
    return new Frame(type, length, stream);
  }

  /** Writes the header of a frame. */
  public static void write(ByteBuffer out, FrameType type, int length, long stream) {
    out.putInt(type.code() << 24 | length).putLong(stream);
  }
}
