package culvert.transport.websocket;

import culvert.transport.RecordEncoder;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicReference;

/** Payload into frames, each a whole message. A client masks, a server does not. */
final class WebSocketEncoder implements RecordEncoder {

  /** The longest payload of one frame: two carry a large buffer of payload. */
  private static final int MAX_PAYLOAD_BYTES = 64 * 1024;

  /** The header of one frame, and a Pong before it. */
  private static final int MAX_EXTRA_BYTES =
      WebSocketHeader.MAX_BYTES + 6 + WebSocketHeader.MAX_CONTROL_BYTES;

  private static final short NORMAL_CLOSURE = 1000;

  private final boolean masks;
  private final boolean latestClose;
  private final WebSocketMask mask = new WebSocketMask();

  /** Of the last Ping that has no answer yet; one answer does for all before (RFC 6455, 5.5.3). */
  private final AtomicReference<byte[]> ping = new AtomicReference<>();

  private volatile boolean outputEnded;
  private volatile boolean onClose;
  private volatile boolean closed;

  /**
   * For one connection.
   *
   * @param masks whether this side is the client
   * @param latestClose whether a Close waits until both directions have ended, and is the only
   *     control frame ever sent
   */
  WebSocketEncoder(boolean masks, boolean latestClose) {
    this.masks = masks;
    this.latestClose = latestClose;
  }

  /** A Ping has come. The reader tells. */
  void onPing(byte[] payload) {
    if (!latestClose) {
      ping.set(payload);
    }
  }

  /** A Close has come; a Ping before it needs no answer any more. The reader tells. */
  void onClose() {
    ping.set(null);
    onClose = true;
  }

  @Override
  public int maxEncodedBytes(int payload) {
    return Math.min(payload, MAX_PAYLOAD_BYTES) + MAX_EXTRA_BYTES;
  }

  @Override
  public void encode(ByteBuffer source, ByteBuffer records) {
    int n = next(source);
    while (n > 0 && n <= records.remaining() - WebSocketHeader.MAX_BYTES) {
      put(WebSocketHeader.BINARY, source, n, records);
      n = next(source);
    }
  }

  private static int next(ByteBuffer source) {
    return Math.min(source.remaining(), MAX_PAYLOAD_BYTES);
  }

  private void put(int opcode, ByteBuffer source, int n, ByteBuffer records) {
    WebSocketHeader.write(records, opcode, n, masks);
    if (masks) {
      int fresh = mask.nextKey();
      records.putInt(fresh);
      WebSocketMask.transfer(source, records, n, fresh);
    } else {
      records.put(records.position(), source, source.position(), n);
      records.position(records.position() + n);
      source.position(source.position() + n);
    }
  }

  @Override
  public boolean encodeEnd(ByteBuffer records) {
    // The reader sets and looks in the other order, so that at least one of the two sees both.
    outputEnded = true;
    if (!latestClose || onClose) {
      putClose(records);
    }
    return onClose;
  }

  @Override
  public boolean hasPending() {
    return !closed && (outputEnded ? onClose : ping.get() != null);
  }

  @Override
  public void encodePending(ByteBuffer records) {
    if (outputEnded) {
      putClose(records);
      return;
    }
    byte[] payload = ping.getAndSet(null);
    if (payload != null) {
      put(WebSocketHeader.PONG, ByteBuffer.wrap(payload), payload.length, records);
    }
  }

  /** A real rathole's Close is empty. */
  private void putClose(ByteBuffer records) {
    closed = true;
    ByteBuffer code = ByteBuffer.allocate(2);
    if (!latestClose) {
      code.putShort(NORMAL_CLOSURE).flip();
    } else {
      code.limit(0);
    }
    put(WebSocketHeader.CLOSE, code, code.remaining(), records);
  }
}
