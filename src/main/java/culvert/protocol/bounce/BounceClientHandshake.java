package culvert.protocol.bounce;

import culvert.protocol.ByeReason;
import culvert.protocol.ForeignServer;
import culvert.protocol.ForeignServerException;
import culvert.protocol.PeerRefusedException;
import culvert.protocol.ProtocolException;
import culvert.setting.Setting;
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
 * Client side of BounceServer's handshake, with which a member joins a channel group. The parts in
 * brackets are sent only with {@link BounceGreeting#AS_IMPLEMENTED}.
 *
 * <pre>
 *   server                                    member
 *      |  n-BounceServer_1.0 [LF]                |     n: number of hex digits of a group number
 *      | --------------------------------------> |
 *      |        authentication, number           |     the number in n hex digits
 *      | <-------------------------------------- |
 *      |  [READY], or a refusal and the end      |
 *      | --------------------------------------> |
 *      | <--------- bytes of the group --------> |
 * </pre>
 *
 * <p>Reads up to the last byte of READY, or of the banner if READY is not sent, and no further.
 */
public final class BounceClientHandshake {

  private static final String NAME = "-BounceServer_";
  private static final String VERSION = "1.0";
  private static final String READY = "READY";

  /** All answers of a server to a group number; each has a different first letter. */
  private static final List<String> ANSWERS =
      Stream.concat(
              Stream.of(READY), Arrays.stream(BounceRefusal.values()).map(BounceRefusal::toString))
          .toList();

  /** Maximum length of a banner including its line feed, in bytes. */
  private static final int MAX_BANNER_BYTES = 64;

  /** Hex digits of the largest group number, which is a non-negative int. */
  private static final int MAX_DIGITS = 8;

  /** First bytes of another protocol that are enough to recognise it, or to show to the user. */
  private static final int SAMPLE_BYTES = 8;

  private static final Pattern BANNER = Pattern.compile("([1-9][0-9]?)" + NAME + "([!-~]+)");

  private static final String TEXT_HINT =
      "it may use %1$s text, which 'bounce connect %1$s text' supports and a pair of proxies does not"
          .formatted(Setting.BOUNCE_PROTOCOL);

  private final InputStream in;
  private final OutputStream out;
  private final BounceGreeting greeting;

  private BounceClientHandshake(InputStream in, OutputStream out, BounceGreeting greeting) {
    this.in = in;
    this.out = out;
    this.greeting = greeting;
  }

  /**
   * Joins a group. Blocks without a timeout. With {@link BounceGreeting#AS_IMPLEMENTED} it returns
   * when the server has confirmed the join; with {@link BounceGreeting#AS_DOCUMENTED} it returns
   * when the request was sent, and a refusal arrives in place of the group's bytes: see {@link
   * #checkFirst}.
   *
   * @param authentication authentication string that is sent first; may be empty
   * @param group group number, not negative
   * @throws PeerRefusedException if the server refuses the authentication
   * @throws ProtocolException if the peer is not a bounce server; the message names its protocol if
   *     that is recognised
   * @throws IOException if the group cannot be joined, with advice for the user, or the connection
   *     ended
   */
  public static void join(
      InputStream in, OutputStream out, BounceGreeting greeting, byte[] authentication, int group)
      throws IOException {
    var join = new BounceClientHandshake(in, out, greeting);
    int digits = digits(join.banner());
    join.send(authentication, number(group, digits));
    if (greeting == BounceGreeting.AS_IMPLEMENTED) {
      checkAnswer(join.answer(), authentication.length > 0, group);
    }
  }

  /** Reads the banner and returns it without its line feed. */
  private String banner() throws IOException {
    var banner = new StringBuilder();
    while (banner.length() < MAX_BANNER_BYTES) {
      int next = in.read();
      if (next < 0) {
        throw new EOFException(closedInBanner(banner.toString()));
      }
      if (next == '\n' && greeting == BounceGreeting.AS_IMPLEMENTED) {
        return banner.toString();
      }
      banner.append((char) next);
      if (!isBannerPrefix(banner)) {
        throw foreign(banner);
      }
      if (greeting == BounceGreeting.AS_DOCUMENTED && isComplete(banner.toString())) {
        checkNothingFollows();
        return banner.toString();
      }
    }
    throw foreign(banner);
  }

  private static String closedInBanner(String banner) {
    if (banner.isEmpty()) {
      return "the peer closed the connection without sending data: it is not a bounce server, is"
          + " busy, or expects TLS or WebSocket (its "
          + Setting.BOUNCE_TRANSPORT
          + ")";
    }
    return isComplete(banner)
        ? "the bounce server's first line has no line feed; " + TEXT_HINT
        : "the bounce server closed the connection in its first line";
  }

  /** Checks that no bytes follow the banner: a server sends none before it has a group number. */
  private void checkNothingFollows() throws IOException {
    if (in.available() > 0) {
      throw new ProtocolException(
          "the bounce server sent more than the first line of %1$s text; if it uses %1$s program, use the same here"
              .formatted(Setting.BOUNCE_PROTOCOL));
    }
  }

  /** Returns whether a banner can start with this text. */
  private static boolean isBannerPrefix(CharSequence text) {
    int digits = 0;
    while (digits < text.length() && Character.isDigit(text.charAt(digits))) {
      digits++;
    }
    String rest = text.toString().substring(digits);
    return digits > 0
        && digits <= 2
        && (rest.length() < NAME.length() ? NAME.startsWith(rest) : rest.startsWith(NAME));
  }

  /** Returns whether a banner without a line feed is complete, which only its length shows. */
  private static boolean isComplete(String banner) {
    int name = banner.indexOf(NAME);
    return name > 0 && banner.length() == name + NAME.length() + VERSION.length();
  }

  private IOException foreign(StringBuilder first) throws IOException {
    // Reads only bytes that have arrived already, since the peer may send no more.
    while (first.length() < SAMPLE_BYTES && in.available() > 0) {
      first.append((char) in.read());
    }
    String text = first.toString();
    return ForeignServer.of(text.getBytes(StandardCharsets.ISO_8859_1))
        .filter(server -> server != ForeignServer.BOUNCE)
        .<IOException>map(
            server -> new ForeignServerException(server, "the port of a bounce server"))
        .orElseGet(() ->
            new ProtocolException(
                "the peer is not a bounce server: it starts with '" + printable(text) + "'"));
  }

  private static String printable(String text) {
    return text.replaceAll("[^!-~ ]", "?");
  }

  private static int digits(String banner) throws ProtocolException {
    var parts = BANNER.matcher(banner);
    int digits = parts.matches() ? Integer.parseInt(parts.group(1)) : 0;
    if (digits == 0 || digits > 2 * MAX_DIGITS) {
      throw new ProtocolException(
          "the bounce server sent an invalid first line '" + printable(banner) + "'");
    }
    if (!parts.group(2).equals(VERSION)) {
      throw new ProtocolException(
          "the bounce server has version " + parts.group(2) + " (supported: " + VERSION + ")");
    }
    return digits;
  }

  private static String number(int group, int digits) throws IOException {
    String number = Integer.toHexString(group);
    if (number.length() > digits) {
      throw new IOException(
          "group "
              + number
              + " has more hex digits than this bounce server allows ("
              + digits
              + "); choose a lower number or raise the server's "
              + Setting.MAX_PAIRS);
    }
    return "0".repeat(digits - number.length()) + number;
  }

  /** Sends both in one write, since a server may treat the bytes of one read as the whole. */
  private void send(byte[] authentication, String number) throws IOException {
    var both = new ByteArrayOutputStream(authentication.length + number.length());
    both.writeBytes(authentication);
    both.writeBytes(number.getBytes(StandardCharsets.US_ASCII));
    out.write(both.toByteArray());
    out.flush();
  }

  /**
   * Checks whether the bytes of the first read are a refusal, which with {@link
   * BounceGreeting#AS_DOCUMENTED} arrives in place of the group's bytes. Data from a member that
   * equals a refusal is mistaken for one.
   *
   * @param authenticated whether an authentication string was sent before the group number
   * @throws PeerRefusedException if the server refuses the authentication
   * @throws IOException if the group cannot be joined, with advice for the user
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
          PeerRefusedException.byPeer(
              ByeReason.CREDENTIALS,
              authenticated
                  ? "the bounce server refused the authentication string; use the same on both"
                      + " sides"
                  : "the bounce server requires an authentication string, and none was given");
      case FULL ->
          new IOException(
              "group "
                  + number
                  + " is full: choose another one, or wait until its members have left");
      case NUMBER ->
          new IOException(
              "the bounce server refused group "
                  + number
                  + ": it has fewer groups"
                  + (authenticated ? ", or expects no authentication string" : "")
                  + "; choose a lower number or raise the server's "
                  + Setting.MAX_PAIRS);
    };
  }

  private String answer() throws IOException {
    var received = new StringBuilder();
    while (!ANSWERS.contains(received.toString())) {
      int next = in.read();
      if (next < 0) {
        throw new EOFException(
            received.isEmpty()
                ? "the bounce server closed the connection without a reason, as it does when it"
                    + " stops or when the authentication string is incomplete"
                : "the bounce server closed the connection in the middle of '" + received + "'");
      }
      received.append((char) next);
      if (ANSWERS.stream().noneMatch(answer -> answer.startsWith(received.toString()))) {
        throw new ProtocolException("the bounce server did not send READY; " + TEXT_HINT);
      }
    }
    return received.toString();
  }
}
