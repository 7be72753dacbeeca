package culvert.transport.websocket;

import culvert.net.Connection;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * A client made of bytes, written from the specification and not with the code under test. Its
 * masks are all alike.
 */
final class RawWebSocket implements AutoCloseable {

  private static final byte[] MASK = {0x37, (byte) 0xfa, 0x21, 0x3d};

  /** The request of RFC 6455, 1.3, which does not say that it is Culvert's. */
  static final String REQUEST =
      """
      GET / HTTP/1.1\r
      Host: server.example.com\r
      Upgrade: websocket\r
      Connection: Upgrade\r
      Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
      Sec-WebSocket-Version: 13\r
      \r
      """;

  /** A frame that came. */
  record Frame(int first, byte[] payload) {

    /** As hex, the first byte before a blank. */
    String hex() {
      return "%02x %s".formatted(first, HexFormat.of().formatHex(payload)).strip();
    }
  }

  private final Connection carrier;

  private RawWebSocket(Connection carrier) {
    this.carrier = carrier;
  }

  /** Says its request; the accepting side runs after that. */
  static RawWebSocket ask(Connection carrier) throws IOException {
    carrier.output().write(REQUEST.getBytes(StandardCharsets.US_ASCII));
    return new RawWebSocket(carrier);
  }

  /** Reads the answer, which must be one. */
  RawWebSocket expectAnswer() throws IOException {
    String head = head(carrier.input());
    if (!head.startsWith("HTTP/1.1 101 ")) {
      throw new IOException(head);
    }
    return this;
  }

  /** A head with its empty line, byte by byte. */
  static String head(InputStream in) throws IOException {
    var head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int b = in.read();
      if (b < 0) {
        throw new EOFException(head.toString());
      }
      head.append((char) b);
    }
    return head.toString();
  }

  /** A masked frame, its length in the shortest form. */
  static byte[] frame(int first, byte... payload) {
    var frame = new ByteArrayOutputStream();
    frame.writeBytes(header(first, payload.length));
    for (int i = 0; i < payload.length; i++) {
      frame.write(payload[i] ^ MASK[i % 4]);
    }
    return frame.toByteArray();
  }

  /** The header of a masked frame of this length. */
  static byte[] header(int first, int length) {
    ByteBuffer header = ByteBuffer.allocate(14).put((byte) first);
    if (length < 126) {
      header.put((byte) (0x80 | length));
    } else if (length < 65536) {
      header.put((byte) 0xfe).putShort((short) length);
    } else {
      header.put((byte) 0xff).putLong(length);
    }
    header.put(MASK);
    return Arrays.copyOf(header.array(), header.position());
  }

  void send(int first, byte... payload) throws IOException {
    carrier.output().write(frame(first, payload));
  }

  /** The next frame of the server's, which masks none. */
  Frame next() throws IOException {
    InputStream in = carrier.input();
    int first = in.read();
    int length = in.read();
    if (length < 0) {
      throw new EOFException();
    }
    if (length >= 126) {
      length = ByteBuffer.wrap(in.readNBytes(length == 126 ? 2 : 8)).getShort() & 0xffff;
    }
    return new Frame(first, in.readNBytes(length));
  }

  Connection carrier() {
    return carrier;
  }

  @Override
  public void close() {
    carrier.close();
  }
}
