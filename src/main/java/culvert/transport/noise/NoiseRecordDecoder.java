package culvert.transport.noise;

import culvert.noise.NoiseCipher;
import culvert.noise.NoiseException;
import culvert.protocol.ProtocolException;
import culvert.transport.RecordDecoder;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Decodes encrypted records into payload. */
final class NoiseRecordDecoder implements RecordDecoder {

  private final NoiseCipher cipher;
  private final NoiseFraming framing;
  private final RekeyMeter meter;

  NoiseRecordDecoder(NoiseCipher cipher, NoiseFraming framing) {
    this.cipher = cipher;
    this.framing = framing;
    this.meter = new RekeyMeter(cipher, framing.rekeyBytes());
  }

  @Override
  public Result decode(ByteBuffer records, ByteBuffer target) throws IOException {
    if (records.remaining() < Short.BYTES) {
      return Result.INCOMPLETE;
    }
    int messageBytes = length(records);
    if (messageBytes < NoiseCipher.TAG_BYTES) {
      throw new ProtocolException(
          "an encrypted record of "
              + messageBytes
              + " bytes (minimum: "
              + NoiseCipher.TAG_BYTES
              + ")");
    }
    if (records.remaining() < Short.BYTES + messageBytes) {
      return Result.INCOMPLETE;
    }
    if (messageBytes - NoiseCipher.TAG_BYTES > target.remaining()) {
      return Result.TARGET_TOO_SMALL;
    }
    decryptRecord(records, messageBytes, target);
    return messageBytes == NoiseCipher.TAG_BYTES ? Result.ENDED : Result.DECODED;
  }

  @Override
  public int neededBytes(ByteBuffer records) {
    return records.remaining() < Short.BYTES ? Short.BYTES : Short.BYTES + length(records);
  }

  private int length(ByteBuffer records) {
    short length = records.getShort(records.position());
    boolean swapped = framing.order() == ByteOrder.LITTLE_ENDIAN;
    return Short.toUnsignedInt(swapped ? Short.reverseBytes(length) : length);
  }

  private void decryptRecord(ByteBuffer records, int messageBytes, ByteBuffer target)
      throws IOException {
    int end = records.limit();
    records.position(records.position() + Short.BYTES);
    records.limit(records.position() + messageBytes);
    try {
      cipher.decrypt(records, target);
    } catch (NoiseException e) {
      throw new ProtocolException("an encrypted record was modified or is out of order");
    }
    records.limit(end);
    meter.count(messageBytes);
  }

  @Override
  public void onCarrierEnd(boolean within) throws IOException {
    if (within || framing.hasEndMark()) {
      throw new EOFException(
          within
              ? "the connection ended in the middle of an encrypted record"
              : "the peer closed the connection");
    }
  }
}
