package culvert.http;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads the head of a request or an answer in blocks, bounded, and keeps what came behind it. Lines
 * end in CR LF and nothing else.
 */
public final class HttpHeadReader {

  /** Most bytes of a head, with whatever a proxy on the way has added. */
  static final int MAX_BYTES = 8 * 1024;

  /** As many tell one protocol from another. */
  private static final int FIRST_BYTES = 8;

  private static final int BLOCK_BYTES = 2 * 1024;

  private final InputStream in;

  /** Filled up to its position. */
  private ByteBuffer bytes = ByteBuffer.allocate(BLOCK_BYTES);

  private int lineStart;
  private int seen;

  public HttpHeadReader(InputStream in) {
    this.in = in;
  }

  /** The first bytes: eight, or fewer if there are no more. */
  public byte[] firstBytes() throws IOException {
    while (bytes.position() < FIRST_BYTES && read()) {
      // There may be more.
    }
    return Arrays.copyOf(bytes.array(), Math.min(bytes.position(), FIRST_BYTES));
  }

  /**
   * All up to the empty line.
   *
   * @throws MalformedHttpException if it is none, or too long
   * @throws EOFException if the peer ended before
   */
  public HttpHead readHead() throws IOException {
    while (!isWhole()) {
      if (!read()) {
        throw new EOFException("the peer closed the connection within an HTTP head");
      }
    }
    return HttpHead.parse(
        new String(
            bytes.array(), 0, seen - HttpHead.LINE_END.length(), StandardCharsets.ISO_8859_1));
  }

  /** What came behind the head. */
  public ByteBuffer remaining() {
    return ByteBuffer.wrap(bytes.array(), seen, bytes.position() - seen);
  }

  /** The first line behind the head, or as much of it as comes within so many bytes. */
  public String readLine(int most) {
    try {
      while (remaining().remaining() < most && text(most).indexOf('\n') < 0 && read()) {
        // There may be more.
      }
    } catch (IOException e) {
      // What has come must do.
    }
    return text(most).lines().findFirst().orElse("");
  }

  private String text(int most) {
    int n = Math.min(remaining().remaining(), most);
    return new String(bytes.array(), seen, n, StandardCharsets.ISO_8859_1);
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

  private boolean isWhole() throws MalformedHttpException {
    while (seen < bytes.position()) {
      int at = seen++;
      if (bytes.get(at) == '\n') {
        if (at == lineStart || bytes.get(at - 1) != '\r') {
          throw new MalformedHttpException("an HTTP head with a line that does not end in CR LF");
        }
        if (at == lineStart + 1) {
          return true;
        }
        lineStart = seen;
      }
    }
    return false;
  }
}
