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
 * Decodes frames into payload. The payload of a long frame is delivered as it arrives. Message
 * boundaries have no meaning: the payload of all data frames forms one stream.
 */
final class WebSocketDecoder implements RecordDecoder {

  private static final int NORMAL_CLOSURE = 1000;

  private final boolean masked;
  private final WebSocketEncoder encoder;

  /** Payload bytes of the current frame that have not been received. */
  private long remaining;

  /** Masking key for the next payload byte of the current frame. */
  private int maskingKey;

  /** Whether the current message has started and its final frame has not been received. */
  private boolean withinMessage;

  /**
   * Creates the decoder of one connection.
   *
   * @param masked whether the peer is the client, whose frames are masked
   * @param encoder of the same connection, which answers control frames
   */
  WebSocketDecoder(boolean masked, WebSocketEncoder encoder) {
    this.masked = masked;
    this.encoder = encoder;
  }

  @Override
  public Result decode(ByteBuffer records, ByteBuffer target) throws IOException {
    return remaining > 0 ? decodePayload(records, target) : decodeHeader(records);
  }

  /** Of the frames whose header is complete, only control frames are received as a whole. */
  @Override
  public int neededBytes(ByteBuffer records) throws IOException {
    if (remaining > 0) {
      return 1;
    }
    Optional<WebSocketHeader> parsed = WebSocketHeader.parse(records, masked);
    return parsed
        .map(header -> header.bytes() + (int) header.length())
        .orElse(WebSocketHeader.MAX_BYTES);
  }

  private Result decodePayload(ByteBuffer records, ByteBuffer target) {
    if (!records.hasRemaining()) {
      return Result.INCOMPLETE;
    }
    if (!target.hasRemaining()) {
      return Result.TARGET_TOO_SMALL;
    }
    int n = (int) Math.min(remaining, Math.min(records.remaining(), target.remaining()));
    if (masked) {
      WebSocketMask.transfer(records, target, n, maskingKey);
      maskingKey = WebSocketMask.advance(maskingKey, n);
    } else {
      target.put(target.position(), records, records.position(), n);
      target.position(target.position() + n);
      records.position(records.position() + n);
    }
    remaining -= n;
    return Result.DECODED;
  }

  private Result decodeHeader(ByteBuffer records) throws IOException {
    Optional<WebSocketHeader> parsed = WebSocketHeader.parse(records, masked);
    if (parsed.isEmpty()) {
      return Result.INCOMPLETE;
    }
    WebSocketHeader header = parsed.get();
    if (header.isControl()) {
      return decodeControl(header, records);
    }
    if (withinMessage != (header.opcode() == WebSocketHeader.CONTINUATION)) {
      throw new ProtocolException(
          withinMessage
              ? "a WebSocket message that starts within another"
              : "a WebSocket continuation frame outside a message");
    }
    withinMessage = !header.fin();
    remaining = header.length();
    maskingKey = header.maskingKey();
    records.position(records.position() + header.bytes());
    return Result.DECODED;
  }

  private Result decodeControl(WebSocketHeader header, ByteBuffer records) throws IOException {
    int length = (int) header.length();
    if (records.remaining() < header.bytes() + length) {
      return Result.INCOMPLETE;
    }
    records.position(records.position() + header.bytes());
    ByteBuffer payload = ByteBuffer.allocate(length);
    WebSocketMask.transfer(records, payload, length, header.maskingKey());
    return switch (header.opcode()) {
      case WebSocketHeader.CLOSE -> {
        checkStatus(payload.flip());
        encoder.onClose();
        yield Result.ENDED;
      }
      case WebSocketHeader.PING -> {
        encoder.onPing(payload.array());
        yield Result.DECODED;
      }
      // An unsolicited Pong, which RFC 6455, section 5.5.3, permits: this side sends no Ping.
      default -> Result.DECODED;
    };
  }

  /**
   * Fails unless the peer closed normally, without a status code or with 1000 (RFC 6455, section
   * 7.4): a stream that was aborted must not look complete.
   */
  private static void checkStatus(ByteBuffer payload) throws IOException {
    if (!payload.hasRemaining()) {
      return;
    }
    if (payload.remaining() < 2) {
      throw new ProtocolException("a WebSocket Close frame with an incomplete status code");
    }
    int code = payload.getShort() & 0xffff;
    boolean known = code >= 1000 && code <= 1014 || code >= 3000 && code <= 4999;
    if (!known || code >= 1004 && code <= 1006) {
      throw new ProtocolException("a WebSocket Close frame with the invalid status code " + code);
    }
    if (code != NORMAL_CLOSURE) {
      String reason = HttpHead.printable(StandardCharsets.UTF_8.decode(payload).toString());
      throw new IOException(
          "the peer closed the WebSocket with status code "
              + code
              + (reason.isEmpty() ? "" : " and reason '" + reason + "'"));
    }
  }

  @Override
  public void onCarrierEnd(boolean within) throws IOException {
    throw new EOFException(
        "the connection ended without a WebSocket Close frame: data may be missing");
  }
}
