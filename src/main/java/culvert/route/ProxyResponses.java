package culvert.route;

import culvert.http.HttpHead;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The heads of a proxy's answers (RFC 9112, 4 and 5), all of them within one bound. */
final class ProxyResponses {

  /** Most bytes of all heads together. */
  private static final int MAX_BYTES = 8 * 1024;

  private static final String START = "HTTP/";

  private static final Pattern STATUS_LINE =
      Pattern.compile("1\\.[0-9] ([1-9][0-9]{2})(?: (.*))?", Pattern.DOTALL);

  private static final String CHALLENGE = "proxy-authenticate:";

  /** A challenge of this scheme, alone or among others (RFC 9110, 11.6.1). */
  private static final Pattern BASIC =
      Pattern.compile(
          CHALLENGE + "(.*[\\s,])?basic([\\s,].*)?", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

  /**
   * One head.
   *
   * @param reason as the proxy gave it, made safe to show
   * @param takesBasic whether it names Basic, or no login at all
   */
  record Response(int status, String reason, boolean isBasicAccepted) {

    /** Whether another answer follows; 101 would end HTTP, and nobody asked for that. */
    boolean isInterim() {
      return status >= 100 && status < 200 && status != 101;
    }

    /** Whether the tunnel begins, whatever the head says about a length (RFC 9110, 9.3.6). */
    boolean isSuccess() {
      return status >= 200 && status < 300;
    }

    @Override
    public String toString() {
      return (status + " " + reason).strip();
    }
  }

  private final ProxyExchange proxy;
  private int taken;

  /** No answer has been read yet. */
  ProxyResponses(ProxyExchange proxy) {
    this.proxy = proxy;
  }

  /** Reads a head and not a byte of what follows it. */
  Response readResponse() throws IOException {
    readStart();
    Matcher statusLine = STATUS_LINE.matcher(line());
    if (!statusLine.matches()) {
      throw proxy.protocolError("answers with a malformed status line");
    }
    boolean challenged = false;
    boolean basic = false;
    for (String line = line(); !line.isEmpty(); line = line()) {
      challenged |= line.regionMatches(true, 0, CHALLENGE, 0, CHALLENGE.length());
      basic |= BASIC.matcher(line).matches();
    }
    String reason = statusLine.group(2) == null ? "" : HttpHead.printable(statusLine.group(2));
    return new Response(Integer.parseInt(statusLine.group(1)), reason, basic || !challenged);
  }

  /** What is no HTTP is told by its first bytes, and its end is not waited for. */
  private void readStart() throws IOException {
    for (int i = 0; i < START.length(); i++) {
      int b = read();
      if (b != START.charAt(i)) {
        throw proxy.protocolError(
            i == 0 && b == 5
                ? "is a SOCKS proxy; write socks5:// in place of http://"
                : "does not answer in HTTP");
      }
    }
  }

  private int read() throws IOException {
    if (++taken > MAX_BYTES) {
      throw proxy.protocolError("answers with a head of more than " + MAX_BYTES + " bytes");
    }
    return proxy.read();
  }

  /** Up to CR LF, or to a bare LF (RFC 9112, 2.2). */
  private String line() throws IOException {
    var bytes = new ByteArrayOutputStream();
    for (int b = read(); b != '\n'; b = read()) {
      bytes.write(b);
    }
    String line = bytes.toString(StandardCharsets.ISO_8859_1);
    return line.endsWith("\r") ? line.substring(0, line.length() - 1) : line;
  }
}
