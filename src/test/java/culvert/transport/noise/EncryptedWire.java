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
 * Two encrypted connections after their handshake. The test is the network between them: it takes
 * the records of the near side and gives any bytes to the far side.
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

  /** Connects both sides with the native framing. */
  EncryptedWire(BufferPool pool) throws IOException {
    this(NoiseFraming.NATIVE, NoiseFraming.NATIVE, pool);
  }

  EncryptedWire(NoiseFraming nearFraming, NoiseFraming farFraming, BufferPool pool)
      throws IOException {
    NoiseHandshake[] sides = handshake();
    near = encrypted(first.near(), sides[0], nearFraming, pool);
    far = encrypted(second.far(), sides[1], farFraming, pool);
  }

  /** Returns both ends of one connection without the test in between. */
  static Connection[] joined(Loopback carriers, NoiseFraming framing, BufferPool pool)
      throws IOException {
    NoiseHandshake[] sides = handshake();
    return new Connection[] {
      encrypted(carriers.near(), sides[0], framing, pool),
      encrypted(carriers.far(), sides[1], framing, pool)
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

  private static Connection encrypted(
      Connection carrier, NoiseHandshake side, NoiseFraming framing, BufferPool pool) {
    var connection =
        new RecordConnection(
            carrier,
            new NoiseRecordEncoder(side.sending(), framing),
            new NoiseRecordDecoder(side.receiving(), framing),
            ByteBuffer.allocate(0),
            pool,
            IDLE_BYTES);
    connection.setAuthenticated();
    return connection;
  }

  /** Writes the payload at the near side and returns its record. */
  byte[] record(byte... payload) throws IOException {
    near.output().write(payload);
    return take(payload.length);
  }

  /** Ends the near side's output and returns its end mark. */
  byte[] endMark() throws IOException {
    near.closeOutput();
    return take(0);
  }

  private byte[] take(int payload) throws IOException {
    byte[] record = first.far().input().readNBytes(Short.BYTES + payload + NoiseCipher.TAG_BYTES);
    int length = (record[0] & 0xff) << 8 | record[1] & 0xff;
    if (length != record.length - Short.BYTES) {
      throw new IOException("not exactly one record: " + Arrays.toString(record));
    }
    return record;
  }

  /** Writes the payload at the far side and returns its record. */
  byte[] farRecord(byte... payload) throws IOException {
    far.output().write(payload);
    return second.near().input().readNBytes(Short.BYTES + payload.length + NoiseCipher.TAG_BYTES);
  }

  /** Sends these bytes to the far side. */
  void give(byte[]... pieces) throws IOException {
    for (byte[] piece : pieces) {
      second.near().output().write(piece);
    }
  }

  /** Ends the carrier of the far side. */
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
