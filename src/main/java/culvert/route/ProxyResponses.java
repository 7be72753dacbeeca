package culvert.route;

import culvert.http.HttpHead;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the response heads of a proxy (RFC 9112, sections 4 and 5), within one common limit. */
final class ProxyResponses {

  /** Maximum total size of all response heads. */
  private static final int MAX_BYTES = 8 * 1024;

  private static final String START = "HTTP/";

  private static final Pattern STATUS_LINE =
      Pattern.compile("1\\.[0-9] ([1-9][0-9]{2})(?: (.*))?", Pattern.DOTALL);

  private static final String CHALLENGE = "proxy-authenticate:";

  /** A challenge of the scheme Basic, alone or among others (RFC 9110, section 11.6.1). */
  private static final Pattern BASIC =
      Pattern.compile(
          CHALLENGE + "(.*[\\s,])?basic([\\s,].*)?", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

  /**
   * One response head.
   *
   * @param status the status code
   * @param reason the reason phrase, reduced to printable characters
   * @param isBasicAccepted whether it offers Basic authentication, or names no scheme
   */
  record Response(int status, String reason, boolean isBasicAccepted) {

    /** Returns whether another response follows. 101 is excluded: no upgrade was requested. */
    boolean isInterim() {
      return status >= 100 && status < 200 && status != 101;
    }

    /**
     * Returns whether the tunnel starts; any length fields are ignored (RFC 9110, section 9.3.6).
     */
    boolean isSuccess() {
      return status >= 200 && status < 300;
    }

    @Override
    public String toString() {
      return (status + " " + reason).strip();
    }
  }

  private final ProxyExchange proxy;
  private int bytesRead;

  /** Creates a reader of the responses of an exchange. */
  ProxyResponses(ProxyExchange proxy) {
    this.proxy = proxy;
  }

  /** Reads one response head and no byte after it. */
  Response readResponse() throws IOException {
    readStart();
    Matcher statusLine = STATUS_LINE.matcher(line());
    if (!statusLine.matches()) {
      throw proxy.protocolError("sent a malformed status line");
    }
    boolean hasChallenge = false;
    boolean isBasicOffered = false;
    for (String line = line(); !line.isEmpty(); line = line()) {
      hasChallenge |= line.regionMatches(true, 0, CHALLENGE, 0, CHALLENGE.length());
      isBasicOffered |= BASIC.matcher(line).matches();
    }
    String reason = statusLine.group(2) == null ? "" : HttpHead.printable(statusLine.group(2));
    return new Response(
        Integer.parseInt(statusLine.group(1)), reason, isBasicOffered || !hasChallenge);
  }

  /** Rejects another protocol at its first wrong byte, without waiting for more. */
  private void readStart() throws IOException {
    for (int i = 0; i < START.length(); i++) {
      int b = read();
      if (b != START.charAt(i)) {
        throw proxy.protocolError(
            i == 0 && b == 5
                ? "is a SOCKS proxy: use socks5:// instead of http://"
                : "did not respond in HTTP");
      }
    }
  }

  private int read() throws IOException {
    if (++bytesRead > MAX_BYTES) {
      throw proxy.protocolError("sent response heads of more than " + MAX_BYTES + " bytes");
    }
    return proxy.read();
  }

  /** Reads up to CR LF, or up to a bare LF (RFC 9112, section 2.2). */
  private String line() throws IOException {
    var bytes = new ByteArrayOutputStream();
    for (int b = read(); b != '\n'; b = read()) {
      bytes.write(b);
    }
    String line = bytes.toString(StandardCharsets.ISO_8859_1);
    return line.endsWith("\r") ? line.substring(0, line.length() - 1) : line;
  }
}
