package culvert.bounce.console;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Optional;

/**
 * Reads lines that end with LF or CRLF. A last line that the end of the stream cuts off is dropped,
 * because part of a command may be another valid command.
 */
final class LineReader {

  private static final int BUFFER_BYTES = 1024;

  /** Maximum number of excess bytes of a line; beyond it the line is considered endless. */
  private static final long MAX_DROPPED_BYTES = 1024 * 1024;

  /**
   * One line.
   *
   * @param bytes the line without its end, up to the requested maximum
   * @param isCut whether further bytes were dropped
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
   * @param maxBytes maximum number of bytes to return
   * @return the line, or empty at the end of the stream
   * @throws IOException if reading fails, or the line is a megabyte too long
   */
  Optional<Line> next(int maxBytes) throws IOException {
    var line = new ByteArrayOutputStream();
    // One byte more than is returned, for a CR that may belong to the line end.
    int capacity = maxBytes + 1;
    long dropped = 0;
    for (int b = read(); b != '\n'; b = read()) {
      if (b < 0) {
        return Optional.empty();
      }
      if (line.size() < capacity) {
        line.write(b);
      } else if (++dropped > MAX_DROPPED_BYTES) {
        throw new IOException("endless line");
      }
    }
    byte[] bytes = line.toByteArray();
    int length = bytes.length;
    if (dropped == 0 && length > 0 && bytes[length - 1] == '\r') {
      length--;
    }
    boolean isCut = dropped > 0 || length > maxBytes;
    return Optional.of(new Line(Arrays.copyOf(bytes, Math.min(length, maxBytes)), isCut));
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
