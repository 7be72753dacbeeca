package culvert.protocol;

import java.nio.ByteBuffer;

/**
 * The header of a frame; its layout is drawn in the package's description.
 *
 * @param verb what the frame is
 * @param length of the payload, in bytes
 * @param stream 0 for the session itself
 */
public record Frame(FrameType type, int length, long stream) {

  /** Size of a header, in bytes. */
  public static final int HEADER_BYTES = 12;

  /** The longest frame but for DATA, header included, in bytes. */
  public static final int MAX_MESSAGE_BYTES = HEADER_BYTES + 4096;

  /**
   * Reads a header and refuses one that cannot be right: nothing of the payload is needed for that.
   *
   * @throws ProtocolException for an unknown verb, a length beyond the verb's limits, or a stream
   *     id where none belongs or none where one does
   */
  public static Frame read(ByteBuffer in) throws ProtocolException {
    int first = in.getInt();
    long stream = in.getLong();
    FrameType verb = FrameType.of(first >>> 24);
    int length = first & 0xff_ffff;
    if (length < verb.least() || length > verb.most()) {
      throw new ProtocolException(
          verb + " of " + length + " bytes; " + verb.least() + " to " + verb.most() + " are right");
    }
    if ((verb.scope() == FrameType.Scope.STREAM) == (stream == 0) || stream < 0) {
      throw new ProtocolException(verb + " on stream " + Long.toUnsignedString(stream));
    }
    return new Frame(verb, length, stream);
  }

  /** Writes the header of a frame. */
  public static void write(ByteBuffer out, FrameType verb, int length, long stream) {
    out.putInt(verb.code() << 24 | length).putLong(stream);
  }
}
