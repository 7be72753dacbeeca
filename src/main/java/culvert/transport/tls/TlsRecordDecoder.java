package culvert.transport.tls;

import culvert.protocol.ProtocolException;
import culvert.transport.RecordDecoder;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/** TLS records into payload. */
final class TlsRecordDecoder implements RecordDecoder {

  /** Records without payload in a row, such as changes of keys that this side must answer. */
  private static final int MAX_IDLE_RECORDS = 64;

  private final SSLEngine engine;
  private final TlsSide side;
  private final DeferredCloseNotify held;
  private final boolean older;
  private int idleRecords;

  /**
   * Over an engine whose handshake is done.
   *
   * @param older whether that came to TLS 1.2
   */
  TlsRecordDecoder(SSLEngine engine, TlsSide side, DeferredCloseNotify held, boolean older) {
    this.engine = engine;
    this.side = side;
    this.held = held;
    this.older = older;
  }

  /** The engine mistakes a missing header for missing room, so what is there is counted first. */
  @Override
  public Result decode(ByteBuffer records, ByteBuffer target) throws IOException {
    if (records.remaining() < TlsRecord.HEADER_BYTES) {
      return Result.INCOMPLETE;
    }
    int length = TlsRecord.length(records);
    if (records.remaining() < length) {
      return Result.INCOMPLETE;
    }
    if (older && TlsRecord.isAlert(records)) {
      held.hold(records.slice(records.position(), length));
      records.position(records.position() + length);
      return Result.ENDED;
    }
    try {
      return step(engine.unwrap(records, target));
    } catch (SSLException e) {
      throw side.explain(e);
    }
  }

  private Result step(SSLEngineResult result) throws IOException {
    switch (result.getStatus()) {
      case BUFFER_OVERFLOW -> {
        return Result.TARGET_TOO_SMALL;
      }
      case CLOSED -> {
        return Result.ENDED;
      }
      case OK, BUFFER_UNDERFLOW -> {}
    }
    HandshakeStatus next = engine.getHandshakeStatus();
    if (next == HandshakeStatus.NEED_TASK
        || next == HandshakeStatus.NEED_UNWRAP
        || older && next != HandshakeStatus.NOT_HANDSHAKING
        || result.bytesConsumed() == 0) {
      throw new ProtocolException(side.peer() + " begins a new TLS handshake in this one");
    }
    countIdle(result.bytesProduced(), next);
    return Result.DECODED;
  }

  /** What this side has not answered yet counts on: the peer may not read our answers. */
  private void countIdle(int payload, HandshakeStatus next) throws ProtocolException {
    if (payload == 0) {
      idleRecords++;
    } else if (next != HandshakeStatus.NEED_WRAP) {
      idleRecords = 0;
    }
    if (idleRecords > MAX_IDLE_RECORDS) {
      throw new ProtocolException(
          side.peer() + " sent " + idleRecords + " TLS records without payload");
    }
  }

  /** Only close_notify is an end: whoever sits on the way can end the carrier (RFC 8446, 6.1). */
  @Override
  public void onCarrierEnd(boolean within) throws IOException {
    throw new EOFException(
        side.peer() + " ended the connection without TLS's close_notify: what came may be cut");
  }
}
