package culvert.transport.noise;

import culvert.noise.NoiseCipher;
import culvert.transport.RecordEncoder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Encodes payload into encrypted records. */
final class NoiseRecordEncoder implements RecordEncoder {

  /** Length field and authentication tag, in bytes. */
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
      int available = records.remaining() - OVERHEAD_BYTES;
      int n = Math.min(Math.min(source.remaining(), NoiseCipher.MAX_PAYLOAD_BYTES), available);
      source.limit(source.position() + n);
      encryptRecord(source, records);
      source.limit(end);
    }
  }

  private void encryptRecord(ByteBuffer payload, ByteBuffer records) {
    int messageBytes = payload.remaining() + NoiseCipher.TAG_BYTES;
    putLength(records, messageBytes);
    cipher.encrypt(payload, records);
    meter.count(messageBytes);
  }

  private void putLength(ByteBuffer records, int messageBytes) {
    boolean swapped = framing.order() == ByteOrder.LITTLE_ENDIAN;
    records.putShort(swapped ? Short.reverseBytes((short) messageBytes) : (short) messageBytes);
  }

  @Override
  public boolean encodeEnd(ByteBuffer records) {
    if (framing.hasEndMark()) {
      encryptRecord(ByteBuffer.allocate(0), records);
    }
    return true;
  }
}
