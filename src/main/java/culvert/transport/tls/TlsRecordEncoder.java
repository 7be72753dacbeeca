package culvert.transport.tls;

import culvert.transport.RecordEncoder;
import java.io.IOException;
import java.nio.ByteBuffer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;

/** Payload into TLS records. */
final class TlsRecordEncoder implements RecordEncoder {

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final SSLEngine engine;
  private final TlsSide side;
  private final DeferredCloseNotify held;

  /** Over an engine whose handshake is done. */
  TlsRecordEncoder(SSLEngine engine, TlsSide side, DeferredCloseNotify held) {
    this.engine = engine;
    this.side = side;
    this.held = held;
  }

  /** The engine wants room for the longest record for each one, however short it is. */
  @Override
  public int maxEncodedBytes(int payload) {
    return (payload / TlsRecord.MAX_PAYLOAD_BYTES + 2) * engine.getSession().getPacketBufferSize();
  }

  @Override
  public void encode(ByteBuffer source, ByteBuffer records) throws IOException {
    while (source.hasRemaining()) {
      SSLEngineResult result = wrap(source, records);
      if (result.getStatus() == Status.BUFFER_OVERFLOW) {
        return;
      }
      // What came may have left the engine with a handshake that is none of ours to go on with.
      boolean stuck = result.bytesConsumed() == 0 && result.bytesProduced() == 0;
      if (result.getStatus() != Status.OK || stuck) {
        throw new IOException("the TLS connection has ended");
      }
    }
  }

  @Override
  public boolean encodeEnd(ByteBuffer records) throws IOException {
    engine.closeOutbound();
    while (!engine.isOutboundDone() && wrap(NOTHING.duplicate(), records).bytesProduced() > 0) {}
    held.release();
    return true;
  }

  /** An answer to the peer's change of keys, or one of our own that is due (RFC 8446, 4.6.3). */
  @Override
  public boolean hasPending() {
    return engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP && !engine.isOutboundDone();
  }

  @Override
  public void encodePending(ByteBuffer records) throws IOException {
    while (hasPending() && wrap(NOTHING.duplicate(), records).bytesProduced() > 0) {}
  }

  private SSLEngineResult wrap(ByteBuffer source, ByteBuffer records) throws IOException {
    try {
      return engine.wrap(source, records);
    } catch (SSLException e) {
      throw side.explain(e);
    }
  }
}
