package culvert.transport;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Payload into records. One thread uses it at a time, under the output's lock. */
public interface RecordEncoder {

  /** Room that is enough to seal {@code payload} bytes, and all that is owed, at once. */
  int maxEncodedBytes(int payload);

  /**
   * Moves payload into records, as much of it as {@code records} has room for.
   *
   * @param source its position moves behind what was taken
   * @param records takes whole records only
   */
  void encode(ByteBuffer source, ByteBuffer records) throws IOException;

  /**
   * Puts what ends this direction into {@code records}, which may be nothing.
   *
   * @return whether the carrier's output is to be closed behind it
   */
  boolean encodeEnd(ByteBuffer records) throws IOException;

  /**
   * Whether something of the transport's own waits to be sent, such as an answer to what came.
   * Called by the reader too.
   */
  default boolean hasPending() {
    return false;
  }

  /** Puts what is owed into {@code records}. */
  default void encodePending(ByteBuffer records) throws IOException {}
}
