package culvert.transport;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Turns payload into records. One thread uses it at a time, under the output's lock, apart from
 * {@link #hasPending}.
 */
public interface RecordEncoder {

  /**
   * Returns the space that suffices for {@code payload} bytes and all pending records, in bytes.
   */
  int maxEncodedBytes(int payload);

  /**
   * Encodes as much payload as {@code records} has space for.
   *
   * @param source its position moves past the bytes encoded
   * @param records receives complete records only
   */
  void encode(ByteBuffer source, ByteBuffer records) throws IOException;

  /**
   * Puts the record that ends this direction into {@code records}, if the transport has one.
   *
   * @return whether the carrier's output is to be closed after it
   */
  boolean encodeEnd(ByteBuffer records) throws IOException;

  /**
   * Returns whether a record of the transport itself is pending, such as the answer to one that was
   * received. The reader calls it as well.
   */
  default boolean hasPending() {
    return false;
  }

  /** Puts the pending records into {@code records}. */
  default void encodePending(ByteBuffer records) throws IOException {}
}
