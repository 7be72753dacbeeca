package culvert.transport.noise;

import culvert.config.NoiseSettings;
import culvert.net.BufferPool;
import culvert.net.Connection;
import culvert.noise.NoiseException;
import culvert.noise.NoiseHandshake;
import culvert.protocol.ByeReason;
import culvert.protocol.ProtocolException;
import culvert.protocol.RefusedException;
import culvert.transport.RecordConnection;
import culvert.transport.Transport;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Noise with keys as rathole has it (its {@code snowstorm}): nothing before the first message, an
 * empty prologue, and each message of handshake and transport behind its length in two bytes,
 * little-endian. The end of the carrier is the end of a direction, and nobody can tell whether it
 * was cut there; our own legs are sealed by {@link NativeNoise} instead.
 */
public final class NoiseTransport implements Transport {

  /** Longer than any message of a handshake without payload. */
  private static final int MAX_HANDSHAKE_BYTES = 512;

  /** A connection for each visitor waits with so much. */
  private static final int IDLE_BYTES = 2 * 1024;

  private final NoiseSettings settings;
  private final boolean dialling;
  private final NoiseHandshake.Keys keys;
  private final BufferPool pool;

  /**
   * One side of it, for all connections.
   *
   * @param dialling whether this side is the initiator
   * @throws IllegalArgumentException naming the key that the pattern wants and that is not there
   */
  public NoiseTransport(NoiseSettings settings, boolean dialling, BufferPool pool) {
    settings.check(dialling);
    this.settings = settings;
    this.dialling = dialling;
    this.keys = NativeNoise.keys(settings, dialling).getFirst();
    this.pool = pool;
  }

  @Override
  public Connection wrap(Connection carrier) throws IOException {
    NoiseHandshake noise =
        dialling
            ? NoiseHandshake.initiator(settings.protocol(), keys, new byte[0])
            : NoiseHandshake.responder(settings.protocol(), keys, new byte[0]);
    while (!noise.isDone()) {
      if (noise.isMyTurn()) {
        write(carrier, noise.writeMessage(new byte[0]));
      } else {
        read(carrier, noise);
      }
    }
    return new RecordConnection(
        carrier,
        new NoiseRecordEncoder(noise.sending(), NoiseFraming.RATHOLE),
        new NoiseRecordDecoder(noise.receiving(), NoiseFraming.RATHOLE),
        ByteBuffer.allocate(0),
        pool,
        IDLE_BYTES);
  }

  /** In one write: a real rathole cannot bear an end between the two bytes of a length. */
  private static void write(Connection carrier, byte[] message) throws IOException {
    carrier
        .output()
        .write(
            ByteBuffer.allocate(Short.BYTES + message.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putShort((short) message.length)
                .put(message)
                .flip());
  }

  private static void read(Connection carrier, NoiseHandshake noise) throws IOException {
    byte[] head = exactly(carrier, Short.BYTES);
    int length = (head[0] & 0xff) | (head[1] & 0xff) << 8;
    if (length > MAX_HANDSHAKE_BYTES) {
      throw new ProtocolException("a message of " + length + " bytes in a Noise handshake");
    }
    byte[] payload;
    try {
      payload = noise.readMessage(exactly(carrier, length));
    } catch (NoiseException e) {
      throw new RefusedException(
          ByeReason.CREDENTIALS, "the peer has another key, or another Noise pattern");
    }
    if (payload.length > 0) {
      throw new ProtocolException("a Noise handshake with a payload, which nobody expects");
    }
  }

  private static byte[] exactly(Connection carrier, int length) throws IOException {
    byte[] bytes = carrier.input().readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException("the peer closed the connection during the Noise handshake");
    }
    return bytes;
  }
}
