package culvert.transport.tls;

import culvert.transport.RecordEncoder;
import java.io.IOException;
import java.nio.ByteBuffer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;

/** Encodes TLS records. */
final class TlsRecordEncoder implements RecordEncoder {

  private static final ByteBuffer EMPTY = ByteBuffer.allocate(0);

  private final SSLEngine engine;
  private final TlsSide side;
  private final DeferredCloseNotify closeNotify;

  /** Encodes with an engine whose handshake is complete. */
  TlsRecordEncoder(SSLEngine engine, TlsSide side, DeferredCloseNotify closeNotify) {
    this.engine = engine;
    this.side = side;
    this.closeNotify = closeNotify;
  }

  /** Counts the maximum record size for each record: the engine requires it for short ones too. */
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
      // The peer may have started a handshake, which leaves the engine unable to encode.
      boolean stuck = result.bytesConsumed() == 0 && result.bytesProduced() == 0;
      if (result.getStatus() != Status.OK || stuck) {
        throw new IOException("the TLS connection has ended");
      }
    }
  }

  @Override
  public boolean encodeEnd(ByteBuffer records) throws IOException {
    closeNotify.prepareEnd();
    engine.closeOutbound();
    while (!engine.isOutboundDone() && wrap(EMPTY.duplicate(), records).bytesProduced() > 0) {}
    closeNotify.release();
    return true;
  }

  /** Returns true for a key update that is due, or that answers the peer's (RFC 8446, 4.6.3). */
  @Override
  public boolean hasPending() {
    return engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP && !engine.isOutboundDone();
  }

  @Override
  public void encodePending(ByteBuffer records) throws IOException {
    while (hasPending() && wrap(EMPTY.duplicate(), records).bytesProduced() > 0) {}
  }

  private SSLEngineResult wrap(ByteBuffer source, ByteBuffer records) throws IOException {
    try {
      return engine.wrap(source, records);
    } catch (SSLException e) {
      throw side.translate(e);
    }
  }
}
