package culvert.http;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads the head of a request or response in blocks, up to a size limit, and keeps the bytes that
 * follow it. Lines must end in CR LF.
 */
public final class HttpHeadReader {

  /** Maximum size of a head, including fields that intermediaries added, in bytes. */
  static final int MAX_BYTES = 8 * 1024;

  /** Number of bytes that identify a protocol. */
  private static final int FIRST_BYTES = 8;

  private static final int BLOCK_BYTES = 2 * 1024;

  private final InputStream in;

  /** All bytes read so far; filled up to its position. */
  private ByteBuffer bytes = ByteBuffer.allocate(BLOCK_BYTES);

  private int lineStart;

  /** Number of bytes examined; the end of the head once it is complete. */
  private int parsed;

  /** Creates a reader that starts with the next byte of the stream. */
  public HttpHeadReader(InputStream in) {
    this.in = in;
  }

  /** Reads and returns the first eight bytes, or fewer at the end of the stream. */
  public byte[] firstBytes() throws IOException {
    while (bytes.position() < FIRST_BYTES && read()) {
      // The read added at least one byte.
    }
    return Arrays.copyOf(bytes.array(), Math.min(bytes.position(), FIRST_BYTES));
  }

  /**
   * Reads up to the empty line and parses the head.
   *
   * @throws MalformedHttpException if the head is malformed or too long
   * @throws EOFException if the stream ends first
   */
  public HttpHead readHead() throws IOException {
    while (!isComplete()) {
      if (!read()) {
        throw new EOFException("the peer closed the connection within an HTTP head");
      }
    }
    return HttpHead.parse(
        new String(
            bytes.array(), 0, parsed - HttpHead.LINE_END.length(), StandardCharsets.ISO_8859_1));
  }

  /** Returns the bytes read so far that follow the head. */
  public ByteBuffer remaining() {
    return ByteBuffer.wrap(bytes.array(), parsed, bytes.position() - parsed);
  }

  /**
   * Returns the first line of the body, at most {@code max} bytes. The end of the connection and a
   * read error end the line.
   */
  public String readBodyLine(int max) {
    try {
      while (remaining().remaining() < max && text(max).indexOf('\n') < 0 && read()) {
        // The read added at least one byte.
      }
    } catch (IOException e) {
      // Only the bytes received before the failure are used.
    }
    return text(max).lines().findFirst().orElse("");
  }

  private String text(int max) {
    int n = Math.min(remaining().remaining(), max);
    return new String(bytes.array(), parsed, n, StandardCharsets.ISO_8859_1);
  }

  private boolean read() throws IOException {
    if (!bytes.hasRemaining()) {
      if (bytes.capacity() == MAX_BYTES) {
        throw new MalformedHttpException("an HTTP head of more than " + MAX_BYTES + " bytes");
      }
      bytes = ByteBuffer.allocate(MAX_BYTES).put(bytes.flip());
    }
    int n = in.read(bytes.array(), bytes.position(), bytes.remaining());
    if (n < 0) {
      return false;
    }
    bytes.position(bytes.position() + n);
    return true;
  }

  private boolean isComplete() throws MalformedHttpException {
    while (parsed < bytes.position()) {
      int at = parsed++;
      if (bytes.get(at) == '\n') {
        if (at == lineStart || bytes.get(at - 1) != '\r') {
          throw new MalformedHttpException("an HTTP header line that does not end in CR LF");
        }
        if (at == lineStart + 1) {
          return true;
        }
        lineStart = parsed;
      }
    }
    return false;
  }
}
