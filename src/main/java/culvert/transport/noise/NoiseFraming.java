package culvert.transport.noise;

import java.nio.ByteOrder;

/**
 * The framing of Noise messages in a stream: a length of two bytes, then the message.
 *
 * @param order byte order of the length
 * @param hasEndMark whether a direction ends with an empty message, so that truncation is detected;
 *     otherwise it ends with the carrier, and truncation cannot be detected
 * @param rekeyBytes number of bytes of payload and tags after which the key of a direction is
 *     replaced; {@link Long#MAX_VALUE} for never
 */
record NoiseFraming(ByteOrder order, boolean hasEndMark, long rekeyBytes) {

  /** One gibibyte per key, far below the limit at which AES-GCM loses strength. */
  private static final long GIBIBYTE = 1L << 30;

  /** The framing of native links. */
  static final NoiseFraming NATIVE = new NoiseFraming(ByteOrder.BIG_ENDIAN, true, GIBIBYTE);

  /** The framing of snowstorm, which rathole uses. */
  static final NoiseFraming RATHOLE =
      new NoiseFraming(ByteOrder.LITTLE_ENDIAN, false, Long.MAX_VALUE);
}
