package culvert.transport.noise;

import culvert.noise.NoiseCipher;
import culvert.noise.NoiseException;
import culvert.protocol.ProtocolException;
import culvert.transport.RecordDecoder;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Sealed records into payload. */
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
    int sealed = length(records);
    if (sealed < NoiseCipher.TAG_BYTES) {
      throw new ProtocolException("a sealed record of " + sealed + " bytes, which cannot be");
    }
    if (records.remaining() < Short.BYTES + sealed) {
      return Result.INCOMPLETE;
    }
    if (sealed - NoiseCipher.TAG_BYTES > target.remaining()) {
      return Result.TARGET_TOO_SMALL;
    }
    openOne(records, sealed, target);
    return sealed == NoiseCipher.TAG_BYTES ? Result.ENDED : Result.DECODED;
  }

  private int length(ByteBuffer records) {
    short length = records.getShort(records.position());
    boolean swapped = framing.order() == ByteOrder.LITTLE_ENDIAN;
    return Short.toUnsignedInt(swapped ? Short.reverseBytes(length) : length);
  }

  private void openOne(ByteBuffer records, int sealed, ByteBuffer target) throws IOException {
    int end = records.limit();
    records.position(records.position() + Short.BYTES);
    records.limit(records.position() + sealed);
    try {
      cipher.decrypt(records, target);
    } catch (NoiseException e) {
      throw new ProtocolException("a sealed record was changed on the way, or comes out of turn");
    }
    records.limit(end);
    meter.count(sealed);
  }

  @Override
  public void onCarrierEnd(boolean within) throws IOException {
    if (within || framing.endMark()) {
      throw new EOFException(
          within
              ? "the connection ended in the middle of a sealed record"
              : "the peer closed the connection");
    }
  }
}
