package culvert.transport.tls;

import culvert.protocol.ProtocolException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;

/**
 * The peer's close_notify in TLS 1.2, on which an engine must end its own output at once (RFC 5246,
 * 7.2.1). The alert is held back until the output has ended by itself, so that the peer still
 * receives its answer. The alert is encrypted: only then can it be verified.
 */
final class DeferredCloseNotify {

  /** Takes the place of an alert once this side's output has ended. */
  private static final ByteBuffer RELEASED = ByteBuffer.allocate(0);

  /** More than the two bytes of an alert. */
  private static final int ALERT_BYTES = 16;

  private final SSLEngine engine;
  private final TlsSide side;

  /** Set by the reader and the writer; null before either acted. */
  private final AtomicReference<ByteBuffer> held = new AtomicReference<>();

  /** Whether the engine may have a close_notify to send. */
  private volatile boolean outputEnding;

  DeferredCloseNotify(SSLEngine engine, TlsSide side) {
    this.engine = engine;
    this.side = side;
  }

  /** Called before this side's output ends. */
  void prepareEnd() {
    outputEnding = true;
  }

  /**
   * Returns whether this side's output ends or has ended. The engine, which has one state for both
   * directions, then asks for a wrap without a handshake of the peer.
   */
  boolean isOutputEnding() {
    return outputEnding;
  }

  /** Holds an alert that the reader received and treats as the end of the peer's direction. */
  void hold(ByteBuffer record) throws IOException {
    ByteBuffer copy = ByteBuffer.allocate(record.remaining()).put(record).flip();
    if (!held.compareAndSet(null, copy)) {
      verify(copy);
    }
  }

  /** Verifies the alert, now that this side's output has ended. */
  void release() throws IOException {
    ByteBuffer record = held.getAndSet(RELEASED);
    if (record != null && record != RELEASED) {
      verify(record);
    }
  }

  private void verify(ByteBuffer record) throws IOException {
    try {
      engine.unwrap(record, ByteBuffer.allocate(ALERT_BYTES));
    } catch (SSLException e) {
      throw side.translate(e);
    }
    if (!engine.isInboundDone()) {
      throw new ProtocolException("the alert that ended the input is not a close_notify");
    }
  }
}
