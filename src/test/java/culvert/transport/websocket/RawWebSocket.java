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
 * A client that writes and reads raw bytes according to the specification, independent of the code
 * under test. Its masking key is constant.
 */
final class RawWebSocket implements AutoCloseable {

  private static final byte[] MASKING_KEY = {0x37, (byte) 0xfa, 0x21, 0x3d};

  /** The request of RFC 6455, section 1.3, which does not identify the client as Culvert. */
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

  /** A received frame. */
  record Frame(int first, byte[] payload) {

    /** Returns the frame in hex, with a space after the first byte. */
    String hex() {
      return "%02x %s".formatted(first, HexFormat.of().formatHex(payload)).strip();
    }
  }

  private final Connection carrier;

  private RawWebSocket(Connection carrier) {
    this.carrier = carrier;
  }

  /** Sends the request before the server side runs. */
  static RawWebSocket sendRequest(Connection carrier) throws IOException {
    carrier.output().write(REQUEST.getBytes(StandardCharsets.US_ASCII));
    return new RawWebSocket(carrier);
  }

  /** Reads the response, which must have status 101. */
  RawWebSocket awaitSwitch() throws IOException {
    String head = head(carrier.input());
    if (!head.startsWith("HTTP/1.1 101 ")) {
      throw new IOException(head);
    }
    return this;
  }

  /** Reads a head including its empty line, byte by byte. */
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

  /** Returns a masked frame with its length in the shortest encoding. */
  static byte[] frame(int first, byte... payload) {
    var frame = new ByteArrayOutputStream();
    frame.writeBytes(header(first, payload.length));
    for (int i = 0; i < payload.length; i++) {
      frame.write(payload[i] ^ MASKING_KEY[i % 4]);
    }
    return frame.toByteArray();
  }

  /** Returns the header of a masked frame of this length. */
  static byte[] header(int first, int length) {
    ByteBuffer header = ByteBuffer.allocate(14).put((byte) first);
    if (length < 126) {
      header.put((byte) (0x80 | length));
    } else if (length < 65536) {
      header.put((byte) 0xfe).putShort((short) length);
    } else {
      header.put((byte) 0xff).putLong(length);
    }
    header.put(MASKING_KEY);
    return Arrays.copyOf(header.array(), header.position());
  }

  void send(int first, byte... payload) throws IOException {
    carrier.output().write(frame(first, payload));
  }

  /** Reads the next frame of the server, which is not masked. */
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
