package culvert.transport.noise;

import culvert.noise.NoiseCipher;
import culvert.transport.RecordEncoder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Payload into sealed records. */
final class NoiseRecordEncoder implements RecordEncoder {

  /** A length and a seal, in bytes. */
  static final int OVERHEAD_BYTES = Short.BYTES + NoiseCipher.TAG_BYTES;

  private final NoiseCipher cipher;
  private final NoiseFraming framing;
  private final RekeyMeter meter;

  NoiseRecordEncoder(NoiseCipher cipher, NoiseFraming framing) {
    this.cipher = cipher;
    this.framing = framing;
    this.meter = new RekeyMeter(cipher, framing.rekeyBytes());
  }

  @Override
  public int maxEncodedBytes(int payload) {
    int records = payload / NoiseCipher.MAX_PAYLOAD_BYTES + 1;
    return payload + records * OVERHEAD_BYTES;
  }

  @Override
  public void encode(ByteBuffer source, ByteBuffer records) {
    int end = source.limit();
    while (source.hasRemaining() && records.remaining() > OVERHEAD_BYTES) {
      int room = records.remaining() - OVERHEAD_BYTES;
      int n = Math.min(Math.min(source.remaining(), NoiseCipher.MAX_PAYLOAD_BYTES), room);
      source.limit(source.position() + n);
      sealOne(source, records);
      source.limit(end);
    }
  }

  private void sealOne(ByteBuffer payload, ByteBuffer records) {
    int sealed = payload.remaining() + NoiseCipher.TAG_BYTES;
    putLength(records, sealed);
    cipher.encrypt(payload, records);
    meter.count(sealed);
  }

  private void putLength(ByteBuffer records, int sealed) {
    boolean swapped = framing.order() == ByteOrder.LITTLE_ENDIAN;
    records.putShort(swapped ? Short.reverseBytes((short) sealed) : (short) sealed);
  }

  @Override
  public boolean encodeEnd(ByteBuffer records) {
    if (framing.endMark()) {
      sealOne(ByteBuffer.allocate(0), records);
    }
    return true;
  }
}
