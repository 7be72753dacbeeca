package culvert.transport.noise;

import culvert.net.BufferPool;
import culvert.net.Connection;
import culvert.noise.NoiseCipher;
import culvert.noise.NoiseException;
import culvert.noise.NoiseHandshake;
import culvert.noise.NoiseProtocol;
import culvert.testing.Loopback;
import culvert.transport.RecordConnection;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;

/**
 * Two sealed connections whose handshake is done, over a wire that the test itself is: it takes the
 * near side's records and gives the far side whatever it likes.
 */
final class EncryptedWire implements AutoCloseable {

  private static final NoiseProtocol PROTOCOL = NoiseProtocol.parse("Noise_NN_25519_AESGCM_SHA256");
  private static final NoiseHandshake.Keys NO_KEYS =
      new NoiseHandshake.Keys(Optional.empty(), Optional.empty(), Optional.empty());
  private static final int IDLE_BYTES = 16 * 1024;

  final Connection near;
  final Connection far;
  private final Loopback first = Loopback.open();
  private final Loopback second = Loopback.open();

  /** The usual framing. */
  EncryptedWire(BufferPool pool) throws IOException {
    this(NoiseFraming.NATIVE, NoiseFraming.NATIVE, pool);
  }

  EncryptedWire(NoiseFraming ofNear, NoiseFraming ofFar, BufferPool pool) throws IOException {
    NoiseHandshake[] sides = handshake();
    near = sealed(first.near(), sides[0], ofNear, pool);
    far = sealed(second.far(), sides[1], ofFar, pool);
  }

  /** Both ends of one connection with nobody in between. */
  static Connection[] joined(Loopback carriers, NoiseFraming framing, BufferPool pool)
      throws IOException {
    NoiseHandshake[] sides = handshake();
    return new Connection[] {
      sealed(carriers.near(), sides[0], framing, pool),
      sealed(carriers.far(), sides[1], framing, pool)
    };
  }

  private static NoiseHandshake[] handshake() throws IOException {
    var initiator = NoiseHandshake.initiator(PROTOCOL, NO_KEYS, new byte[0]);
    var responder = NoiseHandshake.responder(PROTOCOL, NO_KEYS, new byte[0]);
    try {
      responder.readMessage(initiator.writeMessage(new byte[0]));
      initiator.readMessage(responder.writeMessage(new byte[0]));
    } catch (NoiseException e) {
      throw new IOException(e);
    }
    return new NoiseHandshake[] {initiator, responder};
  }

  private static Connection sealed(
      Connection carrier, NoiseHandshake side, NoiseFraming framing, BufferPool pool) {
    var sealed =
        new RecordConnection(
            carrier,
            new NoiseRecordEncoder(side.sending(), framing),
            new NoiseRecordDecoder(side.receiving(), framing),
            ByteBuffer.allocate(0),
            pool,
            IDLE_BYTES);
    sealed.setAuthenticated();
    return sealed;
  }

  /** The near side writes this, and the record it made of it is taken. */
  byte[] record(byte... payload) throws IOException {
    near.output().write(payload);
    return take(payload.length);
  }

  /** The near side ends its direction; its end mark. */
  byte[] endMark() throws IOException {
    near.closeOutput();
    return take(0);
  }

  private byte[] take(int payload) throws IOException {
    byte[] record = first.far().input().readNBytes(Short.BYTES + payload + NoiseCipher.TAG_BYTES);
    int length = (record[0] & 0xff) << 8 | record[1] & 0xff;
    if (length != record.length - Short.BYTES) {
      throw new IOException("not one record, but " + Arrays.toString(record));
    }
    return record;
  }

  /** The far side writes this, and the record it made of it is taken. */
  byte[] recordOfFar(byte... payload) throws IOException {
    far.output().write(payload);
    return second.near().input().readNBytes(Short.BYTES + payload.length + NoiseCipher.TAG_BYTES);
  }

  /** The far side gets these bytes. */
  void give(byte[]... pieces) throws IOException {
    for (byte[] piece : pieces) {
      second.near().output().write(piece);
    }
  }

  /** The far side's carrier ends. */
  void end() throws IOException {
    second.near().closeOutput();
  }

  @Override
  public void close() {
    near.close();
    far.close();
    first.close();
    second.close();
  }
}
