package culvert.transport.noise;

import culvert.config.NoiseSettings;
import culvert.net.BufferPool;
import culvert.net.Connection;
import culvert.noise.NoiseException;
import culvert.noise.NoiseHandshake;
import culvert.protocol.ByeReason;
import culvert.protocol.PeerRefusedException;
import culvert.protocol.ProtocolException;
import culvert.transport.RecordConnection;
import culvert.transport.Transport;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Noise with static keys as in rathole (its library {@code snowstorm}): nothing before the first
 * message, an empty prologue, and a little-endian length of two bytes before each handshake and
 * transport message. A direction ends with the carrier, so truncation cannot be detected. Native
 * links use {@link NativeNoise} instead.
 */
public final class NoiseTransport implements Transport {

  /** Maximum accepted handshake message; longer than any without payload. */
  private static final int MAX_HANDSHAKE_BYTES = 512;

  /** Buffer of a waiting connection; small, because each visitor has one. */
  private static final int IDLE_BYTES = 2 * 1024;

  private final NoiseSettings settings;
  private final boolean dialling;
  private final NoiseHandshake.Keys keys;
  private final BufferPool pool;

  /**
   * Creates one side, for all connections.
   *
   * @param dialling whether this side is the initiator
   * @throws IllegalArgumentException if a key that the pattern requires is missing; the message
   *     names it
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

  /** Writes a message at once: rathole fails if a read ends between the two bytes of the length. */
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
    byte[] header = readExactly(carrier, Short.BYTES);
    int length = (header[0] & 0xff) | (header[1] & 0xff) << 8;
    if (length > MAX_HANDSHAKE_BYTES) {
      throw new ProtocolException(
          "a Noise handshake message of "
              + length
              + " bytes (maximum: "
              + MAX_HANDSHAKE_BYTES
              + ")");
    }
    byte[] payload;
    try {
      payload = noise.readMessage(readExactly(carrier, length));
    } catch (NoiseException e) {
      throw new PeerRefusedException(
          ByeReason.CREDENTIALS, "the peer uses a different key or Noise pattern");
    }
    if (payload.length > 0) {
      throw new ProtocolException("a Noise handshake message with an unexpected payload");
    }
  }

  private static byte[] readExactly(Connection carrier, int length) throws IOException {
    byte[] bytes = carrier.input().readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException("the peer closed the connection during the Noise handshake");
    }
    return bytes;
  }
}
