package culvert.transport.websocket;

import culvert.http.HttpHead;
import culvert.protocol.ProtocolException;
import culvert.transport.RecordDecoder;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Frames into payload. A long frame is delivered as it comes; where messages begin and end means
 * nothing.
 */
final class WebSocketDecoder implements RecordDecoder {

  private static final int NORMAL_CLOSURE = 1000;

  private final boolean masked;
  private final WebSocketEncoder sealer;

  /** Of the frame under way, what has not come; and the mask for it. */
  private long left;

  private int mask;

  /** Between the first and the last frame of a message. */
  private boolean withinMessage;

  /**
   * For one connection.
   *
   * @param masked whether the peer is the client
   * @param sealer of the same connection, which answers
   */
  WebSocketDecoder(boolean masked, WebSocketEncoder sealer) {
    this.masked = masked;
    this.sealer = sealer;
  }

  @Override
  public Result decode(ByteBuffer records, ByteBuffer target) throws IOException {
    return left > 0 ? payload(records, target) : frame(records);
  }

  private Result payload(ByteBuffer records, ByteBuffer target) {
    if (!records.hasRemaining()) {
      return Result.INCOMPLETE;
    }
    if (!target.hasRemaining()) {
      return Result.TARGET_TOO_SMALL;
    }
    int n = (int) Math.min(left, Math.min(records.remaining(), target.remaining()));
    if (masked) {
      WebSocketMask.transfer(records, target, n, mask);
      mask = WebSocketMask.advance(mask, n);
    } else {
      target.put(target.position(), records, records.position(), n);
      target.position(target.position() + n);
      records.position(records.position() + n);
    }
    left -= n;
    return Result.DECODED;
  }

  private Result frame(ByteBuffer records) throws IOException {
    Optional<WebSocketHeader> whole = WebSocketHeader.parse(records, masked);
    if (whole.isEmpty()) {
      return Result.INCOMPLETE;
    }
    WebSocketHeader header = whole.get();
    if (header.isControl()) {
      return control(header, records);
    }
    if (withinMessage != (header.opcode() == WebSocketHeader.CONTINUATION)) {
      throw new ProtocolException(
          withinMessage
              ? "a WebSocket message that begins within another"
              : "a WebSocket message that goes on without having begun");
    }
    withinMessage = !header.fin();
    left = header.length();
    mask = header.maskingKey();
    records.position(records.position() + header.bytes());
    return Result.DECODED;
  }

  private Result control(WebSocketHeader header, ByteBuffer records) throws IOException {
    int length = (int) header.length();
    if (records.remaining() < header.bytes() + length) {
      return Result.INCOMPLETE;
    }
    records.position(records.position() + header.bytes());
    ByteBuffer payload = ByteBuffer.allocate(length);
    WebSocketMask.transfer(records, payload, length, header.maskingKey());
    return switch (header.opcode()) {
      case WebSocketHeader.CLOSE -> {
        close(payload.flip());
        sealer.onClose();
        yield Result.ENDED;
      }
      case WebSocketHeader.PING -> {
        sealer.onPing(payload.array());
        yield Result.DECODED;
      }
      // A Pong: nobody asks for one, and it may come unasked.
      default -> Result.DECODED;
    };
  }

  /** An end for any other reason than being done must not look like one (RFC 6455, 7.4). */
  private static void close(ByteBuffer payload) throws IOException {
    if (!payload.hasRemaining()) {
      return;
    }
    if (payload.remaining() < 2) {
      throw new ProtocolException("a WebSocket Close with half a code");
    }
    int code = payload.getShort() & 0xffff;
    boolean known = code >= 1000 && code <= 1014 || code >= 3000 && code <= 4999;
    if (!known || code >= 1004 && code <= 1006) {
      throw new ProtocolException("a WebSocket Close with the code " + code + ", which is none");
    }
    if (code != NORMAL_CLOSURE) {
      String words = HttpHead.printable(StandardCharsets.UTF_8.decode(payload).toString());
      throw new IOException(
          "the peer gave the WebSocket up with the code "
              + code
              + (words.isEmpty() ? "" : ", saying '" + words + "'"));
    }
  }

  @Override
  public void onCarrierEnd(boolean within) throws IOException {
    throw new EOFException(
        "the connection ended without a WebSocket Close: what came may be cut short");
  }
}
