package culvert.transport.websocket;

import culvert.transport.RecordEncoder;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicReference;

/** Encodes payload into frames, each a complete message. A client masks, a server does not. */
final class WebSocketEncoder implements RecordEncoder {

  /** Maximum payload of one frame: two frames carry the content of a large buffer. */
  private static final int MAX_PAYLOAD_BYTES = 64 * 1024;

  /** The header of one frame and a Pong frame before it. */
  private static final int MAX_OVERHEAD_BYTES =
      WebSocketHeader.MAX_BYTES + 2 + WebSocketHeader.KEY_BYTES + WebSocketHeader.MAX_CONTROL_BYTES;

  private static final short NORMAL_CLOSURE = 1000;

  private final boolean masks;
  private final boolean closesLast;
  private final WebSocketMask mask = new WebSocketMask();

  /**
   * Payload of the latest unanswered Ping; its Pong also answers earlier ones (RFC 6455, section
   * 5.5.3).
   */
  private final AtomicReference<byte[]> ping = new AtomicReference<>();

  private volatile boolean outputEnded;
  private volatile boolean inputEnded;
  private volatile boolean closed;

  /**
   * Creates the encoder of one connection.
   *
   * @param masks whether this side is the client
   * @param closesLast whether the only control frame sent is a Close once both directions have
   *     ended
   */
  WebSocketEncoder(boolean masks, boolean closesLast) {
    this.masks = masks;
    this.closesLast = closesLast;
  }

  /** Records a received Ping, to be answered with a Pong. Called by the reader. */
  void onPing(byte[] payload) {
    if (!closesLast) {
      ping.set(payload);
    }
  }

  /** Records a received Close; an unanswered Ping is dropped. Called by the reader. */
  void onClose() {
    ping.set(null);
    inputEnded = true;
  }

  @Override
  public int maxEncodedBytes(int payload) {
    return Math.min(payload, MAX_PAYLOAD_BYTES) + MAX_OVERHEAD_BYTES;
  }

  @Override
  public void encode(ByteBuffer source, ByteBuffer records) {
    int n = nextLength(source);
    while (n > 0 && n <= records.remaining() - WebSocketHeader.MAX_BYTES) {
      put(WebSocketHeader.BINARY, source, n, records);
      n = nextLength(source);
    }
  }

  private static int nextLength(ByteBuffer source) {
    return Math.min(source.remaining(), MAX_PAYLOAD_BYTES);
  }

  private void put(int opcode, ByteBuffer source, int n, ByteBuffer records) {
    WebSocketHeader.write(records, opcode, n, masks);
    if (masks) {
      int key = mask.nextKey();
      records.putInt(key);
      WebSocketMask.transfer(source, records, n, key);
    } else {
      records.put(records.position(), source, source.position(), n);
      records.position(records.position() + n);
      source.position(source.position() + n);
    }
  }

  @Override
  public boolean encodeEnd(ByteBuffer records) {
    // The reader writes inputEnded and then reads outputEnded; this method writes outputEnded
    // first. At least one of the two threads sees both, so the Close is always sent.
    outputEnded = true;
    if (!closesLast || inputEnded) {
      putClose(records);
    }
    return inputEnded;
  }

  @Override
  public boolean hasPending() {
    return !closed && (outputEnded ? inputEnded : ping.get() != null);
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

  /** Writes a Close frame; with {@code closesLast} it is empty, as rathole's own. */
  private void putClose(ByteBuffer records) {
    closed = true;
    ByteBuffer status = ByteBuffer.allocate(2);
    if (!closesLast) {
      status.putShort(NORMAL_CLOSURE).flip();
    } else {
      status.limit(0);
    }
    put(WebSocketHeader.CLOSE, status, status.remaining(), records);
  }
}
