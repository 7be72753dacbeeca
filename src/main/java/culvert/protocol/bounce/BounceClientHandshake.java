package culvert.protocol.bounce;

import culvert.protocol.ByeReason;
import culvert.protocol.ProtocolException;
import culvert.protocol.RefusedException;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The dialling side of BounceServer's wire: how a member joins a channel group. What is in brackets
 * only goes over {@link BounceGreeting#PROGRAM}.
 *
 * <pre>
 *   server                                    member
 *      |  n-BounceServer_1.0 [LF]                |     n: most hex digits of a group's number
 *      | --------------------------------------> |
 *      |        authentication, number           |     the number in n hex digits
 *      | <-------------------------------------- |
 *      |  [READY], or why not, and its end       |
 *      | --------------------------------------> |
 *      | <--------- bytes of the group --------> |
 * </pre>
 *
 * <p>It reads to the last byte of READY, or of the banner where that is all, and not one more.
 */
public final class BounceClientHandshake {

  private static final String NAME = "-BounceServer_";
  private static final String VERSION = "1.0";
  private static final String READY = "READY";

  /** All that a server may say to a number, each with a first letter of its own. */
  private static final List<String> ANSWERS =
      Stream.concat(
              Stream.of(READY), Arrays.stream(BounceRefusal.values()).map(BounceRefusal::toString))
          .toList();

  /** Longest banner, its line feed included, in bytes. */
  private static final int MAX_BANNER = 64;

  /** A number is not negative: what an int has beyond that, no server offers. */
  private static final int MAX_DIGITS = 8;

  /** Of a stranger's first bytes that is enough to know it by. */
  private static final int ENOUGH = 8;

  private static final Pattern BANNER = Pattern.compile("([1-9][0-9]?)" + NAME + "([!-~]+)");

  private static final String OF_THE_TEXT =
      "it may be one with --wire text, which 'bounce connect --wire text' can join and a pair"
          + " cannot";

  private final InputStream in;
  private final OutputStream out;
  private final BounceGreeting wire;

  private BounceClientHandshake(InputStream in, OutputStream out, BounceGreeting wire) {
    this.in = in;
    this.out = out;
    this.wire = wire;
  }

  /**
   * Joins a group, for as long as it takes: over {@link BounceGreeting#PROGRAM} until the server
   * has said that this side is in it, else until all is said. There a refusal comes where the
   * group's bytes would: {@link #checkFirst}.
   *
   * @param authentication what the server wants first; empty for nothing
   * @param group its number, not negative
   * @throws RefusedException if the server wants another authentication
   * @throws ProtocolException if there is no bounce server at the other end, and what it looks like
   * @throws IOException if the group cannot be joined, with what to do about it, or the connection
   *     ended
   */
  public static void join(
      InputStream in, OutputStream out, BounceGreeting wire, byte[] authentication, int group)
      throws IOException {
    var join = new BounceClientHandshake(in, out, wire);
    int digits = digits(join.banner());
    join.say(authentication, number(group, digits));
    if (wire == BounceGreeting.PROGRAM) {
      join.hear(authentication.length > 0, group);
    }
  }

  /** The banner, without its line feed. */
  private String banner() throws IOException {
    var banner = new StringBuilder();
    while (banner.length() < MAX_BANNER) {
      int next = in.read();
      if (next < 0) {
        throw new EOFException(hungUp(banner.toString()));
      }
      if (next == '\n' && wire == BounceGreeting.PROGRAM) {
        return banner.toString();
      }
      banner.append((char) next);
      if (!isBegun(banner)) {
        throw foreign(banner);
      }
      if (wire == BounceGreeting.TEXT && isWhole(banner.toString())) {
        checkNothingFollows();
        return banner.toString();
      }
    }
    throw foreign(banner);
  }

  private static String hungUp(String banner) {
    if (banner.isEmpty()) {
      return "what answers there hung up without a word: it is no bounce server, or a busy one, or"
          + " it listens for TLS or WebSockets (its --transport)";
    }
    return isWhole(banner)
        ? "the bounce server's first line has no end; " + OF_THE_TEXT
        : "the bounce server hung up in its first line";
  }

  /** Before a number has come, a server has nothing else to say. */
  private void checkNothingFollows() throws IOException {
    if (in.available() > 0) {
      throw new ProtocolException(
          "the bounce server's first line goes on where --wire text has its end; if it is one with"
              + " --wire program, this side needs the same");
    }
  }

  /** Whether this can be where a banner begins. */
  private static boolean isBegun(CharSequence text) {
    int digits = 0;
    while (digits < text.length() && Character.isDigit(text.charAt(digits))) {
      digits++;
    }
    String rest = text.toString().substring(digits);
    return digits > 0
        && digits <= 2
        && (rest.length() < NAME.length() ? NAME.startsWith(rest) : rest.startsWith(NAME));
  }

  /** Nothing but its length says where a banner without a line feed ends. */
  private static boolean isWhole(String banner) {
    int name = banner.indexOf(NAME);
    return name > 0 && banner.length() == name + NAME.length() + VERSION.length();
  }

  private ProtocolException foreign(StringBuilder first) throws IOException {
    // Only what came along: nobody knows whether there is more to come.
    while (first.length() < ENOUGH && in.available() > 0) {
      first.append((char) in.read());
    }
    return new ProtocolException(
        "what answers there " + looks(first.toString()) + ", and is no bounce server");
  }

  private static String looks(String first) {
    if (first.startsWith("SSH-")) {
      return "speaks SSH";
    }
    if (first.startsWith("HTTP/")) {
      return "speaks HTTP";
    }
    if (first.startsWith("220")) {
      return "greets as mail and FTP servers do";
    }
    // An alert or a handshake (RFC 8446, 5.1).
    if (first.startsWith("\u0015\u0003") || first.startsWith("\u0016\u0003")) {
      return "speaks TLS";
    }
    return "begins with '" + visible(first) + "'";
  }

  private static String visible(String text) {
    return text.replaceAll("[^!-~ ]", "?");
  }

  private static int digits(String banner) throws ProtocolException {
    var parts = BANNER.matcher(banner);
    int digits = parts.matches() ? Integer.parseInt(parts.group(1)) : 0;
    if (digits == 0 || digits > 2 * MAX_DIGITS) {
      throw new ProtocolException("'" + visible(banner) + "' is no bounce server's first line");
    }
    if (!parts.group(2).equals(VERSION)) {
      throw new ProtocolException(
          "the bounce server has version "
              + parts.group(2)
              + "; this side knows version "
              + VERSION
              + " only");
    }
    return digits;
  }

  private static String number(int group, int digits) throws IOException {
    String number = Integer.toHexString(group);
    if (number.length() > digits) {
      throw new IOException(
          "the group "
              + number
              + " has more digits than this bounce server's numbers, which have "
              + digits
              + "; take a lower one, or give the server more with --max-pairs");
    }
    return "0".repeat(digits - number.length()) + number;
  }

  /** In one write: a server may take what comes in one read for the whole. */
  private void say(byte[] authentication, String number) throws IOException {
    var both = new ByteArrayOutputStream(authentication.length + number.length());
    both.writeBytes(authentication);
    both.writeBytes(number.getBytes(StandardCharsets.US_ASCII));
    out.write(both.toByteArray());
    out.flush();
  }

  private void hear(boolean authenticated, int group) throws IOException {
    checkAnswer(answer(), authenticated, group);
  }

  /**
   * Looks whether what came first, all at once, is a refusal: over {@link BounceGreeting#TEXT} it
   * comes where the group's bytes would. A member that begins with the very words is taken for one.
   *
   * @param authenticated whether something was said before the group's number
   * @throws RefusedException if the server wants another authentication
   * @throws IOException if the group cannot be joined, with what to do about it
   */
  public static void checkFirst(byte[] bytes, boolean authenticated, int group) throws IOException {
    checkAnswer(new String(bytes, StandardCharsets.ISO_8859_1), authenticated, group);
  }

  private static void checkAnswer(String answer, boolean authenticated, int group)
      throws IOException {
    for (BounceRefusal refusal : BounceRefusal.values()) {
      if (refusal.toString().equals(answer)) {
        throw refused(refusal, authenticated, Integer.toHexString(group));
      }
    }
  }

  private static IOException refused(BounceRefusal refusal, boolean authenticated, String number) {
    return switch (refusal) {
      case AUTHENTICATION ->
          new RefusedException(
              ByeReason.CREDENTIALS,
              authenticated
                  ? "the bounce server refused the authentication string; give both the same"
                  : "the bounce server wants an authentication string, and none was given");
      case FULL ->
          new IOException(
              "the group "
                  + number
                  + " is full: others are in it; take another one, or wait until they have left");
      case NUMBER ->
          new IOException(
              "the bounce server refused the group "
                  + number
                  + ": it has fewer"
                  + (authenticated ? ", or wants no authentication string" : "")
                  + "; take a lower one, or give the server more with --max-pairs");
    };
  }

  private String answer() throws IOException {
    var heard = new StringBuilder();
    while (!ANSWERS.contains(heard.toString())) {
      int next = in.read();
      if (next < 0) {
        throw new EOFException(
            heard.isEmpty()
                ? "the bounce server hung up without a reason; it does so when it stops, and when"
                    + " the authentication string is incomplete"
                : "the bounce server hung up in the middle of '" + heard + "'");
      }
      heard.append((char) next);
      if (ANSWERS.stream().noneMatch(answer -> answer.startsWith(heard.toString()))) {
        throw new ProtocolException("the bounce server does not say READY; " + OF_THE_TEXT);
      }
    }
    return heard.toString();
  }
}
