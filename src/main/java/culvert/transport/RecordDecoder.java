package culvert.transport;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Turns received records into payload. Only the reader of a connection uses it. */
public interface RecordDecoder {

  /** Maximum record of any transport, its header included, in bytes: a pooled buffer holds one. */
  int MAX_RECORD_BYTES = 96 * 1024;

  /** Outcome of one call of {@link #decode}. */
  enum Result {
    /** A record, or a part of one, was decoded; it may have had no payload. */
    DECODED,
    /** The next record has not been received completely. */
    INCOMPLETE,
    /** The payload of the next record does not fit into the target. */
    TARGET_TOO_SMALL,
    /** The peer ended its direction, as the transport defines it. */
    ENDED
  }

  /**
   * Decodes the next record, and delivers nothing of an invalid one.
   *
   * @param records the bytes received; its position moves past the bytes decoded
   * @param target receives the payload; {@value #MAX_RECORD_BYTES} bytes of space are always enough
   * @throws culvert.protocol.ProtocolException with a message that names the defect of the record
   */
  Result decode(ByteBuffer records, ByteBuffer target) throws IOException;

  /**
   * Returns how many bytes {@link #decode} needs at once: the length of the next record with its
   * header or, as long as that is not known, of the longest header. It is at most {@value
   * #MAX_RECORD_BYTES}, after {@link Result#INCOMPLETE} more than {@code records} has, and after
   * {@link Result#TARGET_TOO_SMALL} at least as much as the payload needs.
   *
   * @param records the bytes received; unchanged
   * @throws culvert.protocol.ProtocolException if the length is invalid
   */
  int neededBytes(ByteBuffer records) throws IOException;

  /**
   * Handles an end of the carrier without {@link Result#ENDED}. A normal return makes it the end of
   * the stream.
   *
   * @param insideRecord whether the carrier ended in the middle of a record
   * @throws IOException if the stream may have been truncated
   */
  void onCarrierEnd(boolean insideRecord) throws IOException;
}
