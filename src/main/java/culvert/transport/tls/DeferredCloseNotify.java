package culvert.transport.tls;

import culvert.protocol.ProtocolException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;

/**
 * The peer's close_notify in TLS 1.2, which obliges an engine to end its own output at once (RFC
 * 5246, 7.2.1). It is held back until that has ended anyway, so that the peer gets its answer, and
 * only then is it known whether it was one.
 */
final class DeferredCloseNotify {

  /** Stands where a record would, once our output has ended. */
  private static final ByteBuffer RELEASED = ByteBuffer.allocate(0);

  /** Room for an alert's two bytes. */
  private static final int ALERT_BYTES = 16;

  private final SSLEngine engine;
  private final TlsSide side;
  private final AtomicReference<ByteBuffer> held = new AtomicReference<>();

  /** Holds nothing. */
  DeferredCloseNotify(SSLEngine engine, TlsSide side) {
    this.engine = engine;
    this.side = side;
  }

  /** The reader met an alert: it is the end of the peer's direction, for now. */
  void hold(ByteBuffer record) throws IOException {
    ByteBuffer copy = ByteBuffer.allocate(record.remaining()).put(record).flip();
    if (!held.compareAndSet(null, copy)) {
      verify(copy);
    }
  }

  /** Our output has ended. */
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
      throw side.explain(e);
    }
    if (!engine.isInboundDone()) {
      throw new ProtocolException("what ended the input was not TLS's close_notify");
    }
  }
}
