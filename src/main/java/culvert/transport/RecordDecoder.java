package culvert.transport;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Records into payload. Only the connection's reader uses it. */
public interface RecordDecoder {

  /** The longest record, its header included, in bytes: a pooled buffer always holds one. */
  int MAX_RECORD_BYTES = 96 * 1024;

  /** What one step came to. */
  enum Result {
    /** A record, or a part of one, was taken; it may have brought no payload. */
    DECODED,
    /** A record has not come whole. */
    INCOMPLETE,
    /** A record is there, but its payload does not fit. */
    TARGET_TOO_SMALL,
    /** The peer ended its direction, as the transport does that. */
    ENDED
  }

  /**
   * Takes the next record, and delivers nothing of one that is not right.
   *
   * @param records holds what has come; its position moves behind what was taken
   * @param target where its payload goes; room for {@value #MAX_RECORD_BYTES} is always enough
   * @throws culvert.protocol.ProtocolException naming what is wrong with the record
   */
  Result decode(ByteBuffer records, ByteBuffer target) throws IOException;

  /**
   * The carrier came to its end without {@link Result#ENDED}.
   *
   * @param within whether that was in the middle of a record
   * @throws IOException if the stream may have been cut there; else it is the end of the stream
   */
  void onCarrierEnd(boolean within) throws IOException;
}
