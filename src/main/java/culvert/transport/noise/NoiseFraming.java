package culvert.transport.noise;

import java.nio.ByteOrder;

/**
 * How messages of Noise lie in a stream: a length of two bytes, then the message.
 *
 * @param order of the length's two bytes
 * @param endMark whether a direction ends with an empty message, so that a cut is noticed; else the
 *     end of the carrier is the end, and nobody knows whether it was cut
 * @param rekeyBytes after so many bytes of payload and seals a direction's key is replaced; {@link
 *     Long#MAX_VALUE} for never
 */
record NoiseFraming(ByteOrder order, boolean endMark, long rekeyBytes) {

  /** A gigabyte with each key: far below where AES-GCM would begin to lose strength. */
  private static final long GIGABYTE = 1L << 30;

  /** Our own legs. */
  static final NoiseFraming NATIVE = new NoiseFraming(ByteOrder.BIG_ENDIAN, true, GIGABYTE);

  /** What rathole's snowstorm speaks. */
  static final NoiseFraming RATHOLE =
      new NoiseFraming(ByteOrder.LITTLE_ENDIAN, false, Long.MAX_VALUE);
}
