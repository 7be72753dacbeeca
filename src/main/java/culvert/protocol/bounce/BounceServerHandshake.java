package culvert.protocol.bounce;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The accepting side of BounceServer's wire: what a connection must say before it is a member of a
 * channel group. {@link BounceClientHandshake} is the other side. What is in brackets only goes
 * over {@link BounceGreeting#PROGRAM}.
 *
 * <pre>
 *   server                                    member
 *      |  n-BounceServer_1.0 [LF]                |     n: hex digits of the largest group's number
 *      | --------------------------------------> |
 *      |        authentication, number           |     neither with a length or an end
 *      | <-------------------------------------- |
 *      |  [READY], or why not, and its end       |
 *      | --------------------------------------> |
 *      | <--------- bytes of the group --------> |
 * </pre>
 *
 * <p>It is fed with whatever has come and takes the handshake's bytes, however they are split, and
 * not one more. It has no clock: whoever feeds it tells when nothing has come for a while, and when
 * the time is up.
 *
 * <p>A wrong authentication string is refused as soon as it has as many bytes as the right one, and
 * one that is shorter when the time is up. The original refuses at the first wrong byte, which lets
 * a stranger guess one byte after the other; here only the length can be learned.
 */
public final class BounceServerHandshake {

  /** How far the handshake is. */
  public enum State {
    /** The authentication string is not whole. */
    AWAITING_AUTHENTICATION,
    /** A number is expected, and no digit of it has come. */
    AWAITING_NUMBER,
    /** It has digits, and is complete unless more come soon. */
    READING_NUMBER,
    /** The number is complete: it may join, and what comes next is the group's. */
    ACCEPTED,
    /** It may not, for {@link #refusal}. */
    REFUSED
  }

  private static final int HEX = 16;

  private final BounceGreeting wire;
  private final int groups;
  private final int digits;
  private final byte[] authentication;
  private State state;
  private int matched;

  /** Not zero once a byte was wrong. */
  private int difference;

  private int number;
  private int numberDigits;
  private BounceRefusal refusal;

  /**
   * Nothing has come yet.
   *
   * @param groups how many there are: their numbers are less
   * @param authentication what must come first; empty for nothing
   */
  public BounceServerHandshake(BounceGreeting wire, int groups, byte[] authentication) {
    this.wire = wire;
    this.groups = groups;
    this.digits = Integer.toHexString(groups - 1).length();
    this.authentication = authentication.clone();
    this.state = authentication.length == 0 ? State.AWAITING_NUMBER : State.AWAITING_AUTHENTICATION;
  }

  /** What the server says first. */
  public byte[] banner() {
    return ascii(digits + "-BounceServer_1.0" + (wire == BounceGreeting.PROGRAM ? "\n" : ""));
  }

  /** What it says to who has joined; may be empty. */
  public byte[] welcome() {
    return ascii(wire == BounceGreeting.PROGRAM ? "READY" : "");
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** How far it is. */
  public State state() {
    return state;
  }

  /** The group's number, once it {@linkplain State#ACCEPTED joins}. */
  public int number() {
    return number;
  }

  /** Why it was refused, if it was. */
  public Optional<BounceRefusal> refusal() {
    return Optional.ofNullable(refusal);
  }

  /** Takes what belongs to the handshake; the rest is the group's, or of no use. */
  public void feed(ByteBuffer bytes) {
    while (bytes.hasRemaining()) {
      switch (state) {
        case AWAITING_AUTHENTICATION -> match(bytes.get());
        case AWAITING_NUMBER, READING_NUMBER -> choose(bytes);
        case ACCEPTED, REFUSED -> {
          return;
        }
      }
    }
  }

  /** Takes the same time for every byte, right or wrong. */
  private void match(byte next) {
    difference |= authentication[matched++] ^ next;
    if (matched < authentication.length) {
      return;
    }
    if (difference == 0) {
      state = State.AWAITING_NUMBER;
    } else {
      refuse(BounceRefusal.AUTHENTICATION);
    }
  }

  private void choose(ByteBuffer bytes) {
    int digit = hexDigit(bytes.get(bytes.position()));
    if (digit < 0) {
      complete();
      return;
    }
    bytes.get();
    number = number * HEX + digit;
    state = State.READING_NUMBER;
    if (++numberDigits == digits) {
      complete();
    }
  }

  /** Of ASCII only: {@link Character#digit} knows many more. */
  private static int hexDigit(byte next) {
    return next >= 0 ? Character.digit(next, HEX) : -1;
  }

  private void complete() {
    if (numberDigits > 0 && number < groups) {
      state = State.ACCEPTED;
    } else {
      refuse(BounceRefusal.NUMBER);
    }
  }

  private void refuse(BounceRefusal why) {
    state = State.REFUSED;
    refusal = why;
  }

  /** Nothing has come for so long, or can come, that a number which has begun is complete. */
  public void pauseElapsed() {
    if (state == State.READING_NUMBER) {
      complete();
    }
  }

  /**
   * The time is up, or the peer has ended. Who has said something that is no authentication string
   * is told so, right as far as it goes or not; to all others there is nothing to say.
   */
  public void timedOut() {
    if (state == State.AWAITING_AUTHENTICATION && matched > 0) {
      refuse(BounceRefusal.AUTHENTICATION);
    }
  }
}
