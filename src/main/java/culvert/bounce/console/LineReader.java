package culvert.bounce.console;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Optional;

/**
 * Lines out of a stream, each ended by LF or CRLF. What the end of the stream cuts off is no line:
 * half a command may mean another.
 */
final class LineReader {

  private static final int BUFFER_BYTES = 1024;

  /** A line that goes on beyond this has no end. */
  private static final long MAX_DROPPED = 1024 * 1024;

  /**
   * One line.
   *
   * @param bytes without its end, and no more than were asked for
   * @param isCut whether there were more, which were dropped
   */
  record Line(byte[] bytes, boolean isCut) {}

  private final InputStream in;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int position;
  private int limit;

  LineReader(InputStream in) {
    this.in = in;
  }

  /**
   * Waits for the next line.
   *
   * @param most bytes that are kept of it
   * @return nothing at the end of the stream
   * @throws IOException if the stream broke, or the line is a megabyte too long
   */
  Optional<Line> next(int most) throws IOException {
    var line = new ByteArrayOutputStream();
    // One more than is kept, for the CR that may turn out to belong to the end.
    int room = most + 1;
    long dropped = 0;
    for (int b = read(); b != '\n'; b = read()) {
      if (b < 0) {
        return Optional.empty();
      }
      if (line.size() < room) {
        line.write(b);
      } else if (++dropped > MAX_DROPPED) {
        throw new IOException("a line without an end");
      }
    }
    byte[] bytes = line.toByteArray();
    int length = bytes.length;
    if (dropped == 0 && length > 0 && bytes[length - 1] == '\r') {
      length--;
    }
    boolean isCut = dropped > 0 || length > most;
    return Optional.of(new Line(Arrays.copyOf(bytes, Math.min(length, most)), isCut));
  }

  private int read() throws IOException {
    if (position == limit) {
      limit = in.read(buffer);
      position = 0;
      if (limit < 0) {
        limit = 0;
        return -1;
      }
    }
    return buffer[position++] & 0xff;
  }
}
