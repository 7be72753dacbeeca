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

/** Decodes TLS records. */
final class TlsRecordDecoder implements RecordDecoder {

  /** Maximum consecutive records without payload, such as key updates that need an answer. */
  private static final int MAX_EMPTY_RECORDS = 64;

  private final SSLEngine engine;
  private final TlsSide side;
  private final DeferredCloseNotify closeNotify;
  private final boolean tls12;
  private int emptyRecords;

  /**
   * Decodes with an engine whose handshake is complete.
   *
   * @param tls12 whether the handshake negotiated TLS 1.2
   */
  TlsRecordDecoder(SSLEngine engine, TlsSide side, DeferredCloseNotify closeNotify, boolean tls12) {
    this.engine = engine;
    this.side = side;
    this.closeNotify = closeNotify;
    this.tls12 = tls12;
  }

  /**
   * Decodes a record that was received completely. The length is checked here, because the engine
   * reports an incomplete header as a target that is too small.
   */
  @Override
  public Result decode(ByteBuffer records, ByteBuffer target) throws IOException {
    if (records.remaining() < TlsRecord.HEADER_BYTES) {
      return Result.INCOMPLETE;
    }
    int length = TlsRecord.length(records);
    if (records.remaining() < length) {
      return Result.INCOMPLETE;
    }
    if (tls12 && TlsRecord.isAlert(records)) {
      closeNotify.hold(records.slice(records.position(), length));
      records.position(records.position() + length);
      return Result.ENDED;
    }
    try {
      return step(engine.unwrap(records, target));
    } catch (SSLException e) {
      throw side.translate(e);
    }
  }

  @Override
  public int neededBytes(ByteBuffer records) throws IOException {
    return records.remaining() < TlsRecord.HEADER_BYTES
        ? TlsRecord.HEADER_BYTES
        : TlsRecord.length(records);
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
        || tls12 && next == HandshakeStatus.NEED_WRAP && !closeNotify.isOutputEnding()
        || result.bytesConsumed() == 0) {
      throw new ProtocolException(side.peer() + " started a new TLS handshake");
    }
    countEmpty(result.bytesProduced(), next);
    return Result.DECODED;
  }

  /** Does not reset the count while an answer is pending: the peer may not read the answers. */
  private void countEmpty(int payload, HandshakeStatus next) throws ProtocolException {
    if (payload == 0) {
      emptyRecords++;
    } else if (next != HandshakeStatus.NEED_WRAP) {
      emptyRecords = 0;
    }
    if (emptyRecords > MAX_EMPTY_RECORDS) {
      throw new ProtocolException(
          side.peer() + " sent " + emptyRecords + " TLS records without payload");
    }
  }

  /** Rejects every end but close_notify: an attacker can end the carrier (RFC 8446, 6.1). */
  @Override
  public void onCarrierEnd(boolean within) throws IOException {
    throw new EOFException(
        side.peer()
            + " ended the connection without a TLS close_notify: data may have been truncated");
  }
}
