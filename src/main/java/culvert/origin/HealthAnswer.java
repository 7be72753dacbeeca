package culvert.origin;

import culvert.http.HttpHead;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the status of an HTTP answer. Only its status line decides: fields that are long, many or
 * malformed do not make a server unhealthy that serves its visitors.
 */
final class HealthAnswer {

  /** Maximum size of the status line, with the interim answers before it, in bytes. */
  private static final int MAX_BYTES = 8 * 1024;

  private static final int BUFFER_BYTES = 512;

  /** The first status that is not that of an interim answer, such as 103 Early Hints. */
  private static final int FIRST_FINAL = 200;

  private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] ([1-9][0-9]{2})(?: .*)?");

  private final InputStream in;
  private int remaining = MAX_BYTES;

  /** Creates an instance that starts with the next byte of the stream. */
  HealthAnswer(InputStream in) {
    this.in = new BufferedInputStream(in, BUFFER_BYTES);
  }

  /**
   * Reads up to the end of the status line; interim answers are skipped.
   *
   * @throws IOException if it is not that of an HTTP answer, or the stream ends first
   */
  int status() throws IOException {
    int status = statusOf(line());
    while (status < FIRST_FINAL) {
      while (!line().isEmpty()) {
        // A field of the interim answer.
      }
      status = statusOf(line());
    }
    return status;
  }

  private static int statusOf(String line) throws IOException {
    Matcher status = STATUS.matcher(line);
    if (!status.matches()) {
      throw new IOException("no HTTP answer: '" + HttpHead.printable(line) + "'");
    }
    return Integer.parseInt(status.group(1));
  }

  /** Returns the next line without its end, which may be a line feed alone. */
  private String line() throws IOException {
    var line = new StringBuilder();
    for (int next = read(); next != '\n'; next = read()) {
      line.append((char) next);
    }
    int last = line.length() - 1;
    return last >= 0 && line.charAt(last) == '\r' ? line.substring(0, last) : line.toString();
  }

  private int read() throws IOException {
    if (remaining == 0) {
      throw new IOException("more than " + MAX_BYTES + " bytes before the end of an HTTP status");
    }
    remaining--;
    int next = in.read();
    if (next < 0) {
      throw new EOFException("the server closed the connection before an HTTP status");
    }
    return next;
  }
}
