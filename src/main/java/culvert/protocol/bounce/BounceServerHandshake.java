package culvert.protocol.bounce;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Server side of BounceServer's handshake, which a connection completes before it becomes a member
 * of a channel group. {@link BounceClientHandshake} is the client side. The parts in brackets are
 * sent only with {@link BounceGreeting#AS_IMPLEMENTED}.
 *
 * <pre>
 *   server                                    member
 *      |  n-BounceServer_1.0 [LF]                |     n: number of hex digits of a group number
 *      | --------------------------------------> |
 *      |        authentication, number           |     both without length and terminator
 *      | <-------------------------------------- |
 *      |  [READY], or a refusal and the end      |
 *      | --------------------------------------> |
 *      | <--------- bytes of the group --------> |
 * </pre>
 *
 * <p>The caller feeds received bytes in pieces of any size; the handshake consumes its own bytes
 * and no others. It has no clock: the caller reports a pause in the input and the timeout.
 *
 * <p>A wrong authentication string is refused when as many bytes have arrived as the right one has,
 * and a shorter one at the timeout. The original refuses at the first wrong byte, so an attacker
 * can guess the string byte by byte; here an attacker can learn only its length.
 */
public final class BounceServerHandshake {

  /** State of the handshake. */
  public enum State {
    /** The authentication string is incomplete. */
    AWAITING_AUTHENTICATION,
    /** Authenticated; no digit of the group number has arrived. */
    AWAITING_NUMBER,
    /** Digits have arrived; the number is complete if no more follow soon. */
    READING_NUMBER,
    /** The number is complete: the client may join, and all further bytes belong to the group. */
    ACCEPTED,
    /** The client is refused, for the reason in {@link #refusal}. */
    REFUSED
  }

  private static final int HEX = 16;

  private final BounceGreeting greeting;
  private final int groups;
  private final int digits;
  private final byte[] authentication;
  private State state;
  private int matched;

  /** Not zero after a wrong byte. */
  private int difference;

  private int number;
  private int numberDigits;
  private BounceRefusal refusal;

  /**
   * Creates a handshake that has received no bytes.
   *
   * @param groups number of groups; group numbers are lower than this
   * @param authentication authentication string that the client must send first; may be empty
   */
  public BounceServerHandshake(BounceGreeting greeting, int groups, byte[] authentication) {
    this.greeting = greeting;
    this.groups = groups;
    this.digits = Integer.toHexString(groups - 1).length();
    this.authentication = authentication.clone();
    this.state = authentication.length == 0 ? State.AWAITING_NUMBER : State.AWAITING_AUTHENTICATION;
  }

  /** Returns the bytes that the server sends first. */
  public byte[] banner() {
    return ascii(
        digits + "-BounceServer_1.0" + (greeting == BounceGreeting.AS_IMPLEMENTED ? "\n" : ""));
  }

  /** Returns the bytes that the server sends after a join; may be empty. */
  public byte[] welcome() {
    return ascii(greeting == BounceGreeting.AS_IMPLEMENTED ? "READY" : "");
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** Returns the state. */
  public State state() {
    return state;
  }

  /** Returns the group number; valid once the client is {@linkplain State#ACCEPTED accepted}. */
  public int number() {
    return number;
  }

  /** Returns the reason if the client was refused. */
  public Optional<BounceRefusal> refusal() {
    return Optional.ofNullable(refusal);
  }

  /** Consumes the bytes of the handshake; after an acceptance the rest belongs to the group. */
  public void feed(ByteBuffer bytes) {
    while (bytes.hasRemaining()) {
      switch (state) {
        case AWAITING_AUTHENTICATION -> match(bytes.get());
        case AWAITING_NUMBER, READING_NUMBER -> readDigit(bytes);
        case ACCEPTED, REFUSED -> {
          return;
        }
      }
    }
  }

  /** Compares a byte of the authentication string, in the same time whether right or wrong. */
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

  private void readDigit(ByteBuffer bytes) {
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

  /**
   * Returns the value of an ASCII digit, or -1; {@link Character#digit} accepts other digits too.
   */
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

  private void refuse(BounceRefusal reason) {
    state = State.REFUSED;
    refusal = reason;
  }

  /** Reports a pause in the input, or its end: a number that has begun is complete. */
  public void pauseElapsed() {
    if (state == State.READING_NUMBER) {
      complete();
    }
  }

  /**
   * Reports the timeout, or the end of the input. Refuses a client that has sent part of an
   * authentication string, whether that part is right or wrong; otherwise the state is unchanged,
   * and the server closes the connection without an answer.
   */
  public void timedOut() {
    if (state == State.AWAITING_AUTHENTICATION && matched > 0) {
      refuse(BounceRefusal.AUTHENTICATION);
    }
  }
}
