package culvert.protocol;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Every frame but DATA, whose payload is nobody's business here.
 *
 * <p>Text is UTF-8 behind its length: one byte (short) or two (long). An address is one byte, 4 or
 * 6, its 4 or 16 bytes, and a port of two bytes.
 */
public sealed interface Message {

  /** The highest version of the wire that this code speaks. */
  int VERSION = 1;

  /** Length of a nonce, in bytes. */
  int NONCE_BYTES = 32;

  /** Length of an instance id, in bytes. */
  int INSTANCE_BYTES = 16;

  /** Longest name, in bytes. */
  int MAX_NAME_BYTES = 64;

  /** Longest message of a Noise handshake, in bytes. */
  int MAX_SEAL_BYTES = 512;

  /**
   * The dialling side introduces itself.
   *
   * <pre>least version (1) | most version (1) | opens granted (4) | streams granted (4) |
   * instance (16) | nonce (32) | name (1 + n) | transport (1 + n)</pre>
   *
   * @param minVersion the lowest version it speaks
   * @param maxVersion the highest
   * @param opens how many unanswered opens it takes at a time
   * @param streams how many streams it takes at a time
   * @param instance random, one for each process
   * @param nonce random, one for each connection
   * @param name who logs in: {@value #MAX_NAME_BYTES} letters, digits, dots, dashes and underscores
   *     at the most
   * @param transport what the connection is at this end: up to as many letters as a name
   */
  record Hello(
      int minVersion,
      int maxVersion,
      int opens,
      int streams,
      byte[] instance,
      byte[] nonce,
      String name,
      String transport)
      implements Message {}

  /**
   * The answer to a hello.
   *
   * <pre>version (1) | flags (1): bit 0, a proof is wanted | opens (4) | streams (4) |
   * instance (16) | nonce (32) | transport (1 + n)</pre>
   *
   * @param version the one both will speak
   * @param proofWanted whether this side has a secret
   * @param opens how many unanswered opens it takes at a time
   * @param streams how many streams it takes at a time
   * @param instance random, one for each process
   * @param nonce random, one for each connection
   * @param transport what the connection is at this end
   */
  record Challenge(
      int version,
      boolean proofWanted,
      int opens,
      int streams,
      byte[] instance,
      byte[] nonce,
      String transport)
      implements Message {}

  /**
   * A message of the Noise handshake that seals the connection, from either side; the dialling
   * side's first one goes before its hello.
   *
   * <pre>least version (1) | most version (1) | protocol (1 + n) | message of Noise (2 + n)</pre>
   *
   * @param minVersion the lowest version the sender speaks
   * @param maxVersion the highest
   * @param protocol the full name, as the Noise specification writes it
   * @param message of the handshake, {@value #MAX_SEAL_BYTES} bytes at the most
   */
  record Seal(int minVersion, int maxVersion, String protocol, byte[] message) implements Message {}

  /**
   * Proof of the secret: 32 bytes, or none where no secret is in use.
   *
   * @param mac see {@link Handshake}
   */
  record Proof(byte[] mac) implements Message {}

  /**
   * The sender ends the connection.
   *
   * <pre>reason (2) | text to the end of the frame</pre>
   *
   * @param reason for programs
   * @param text for people, one line
   */
  record Bye(ByeReason reason, String text) implements Message {}

  /**
   * A service is offered; the payload is its name, or {@code NAME:PORT} where the remote proxy is
   * to listen on a port of its range for it, 0 for any. The answer names it as the offer did; its
   * streams, by the name.
   *
   * @param service 1 to 255 bytes
   */
  record Offer(String service) implements Message {}

  /**
   * A service is taken back; the payload is its name.
   *
   * @param service 1 to 255 bytes
   */
  record Withdraw(String service) implements Message {}

  /**
   * The answer to an offer.
   *
   * <pre>
   * service (1 + n) | number of addresses (1) | each address as text (1 + n) | refusal, text to
   * the end of the frame; empty when the offer is taken</pre>
   *
   * @param service its name
   * @param addresses where visitors reach it, as {@code HOST:PORT}
   * @param refusal why the offer is declined, or empty
   */
  record Offered(String service, List<String> addresses, String refusal) implements Message {
    /** Keeps the list as it is. */
    public Offered {
      addresses = List.copyOf(addresses);
    }
  }

  /**
   * A stream begins. Its first data may follow in the same write.
   *
   * <pre>service (1 + n) | visitor's address | address it reached</pre>
   *
   * @param service the service visited
   * @param visitor the visitor's address
   * @param reached the address the visitor connected to
   */
  record Open(String service, InetSocketAddress visitor, InetSocketAddress reached)
      implements Message {}

  /** The stream is connected to its origin server. */
  record Accepted() implements Message {}

  /**
   * The stream could not be connected.
   *
   * <pre>reason (2) | text to the end of the frame</pre>
   *
   * @param reason for programs
   * @param text for people: the address tried and what it said
   */
  record Refused(RefusedReason reason, String text) implements Message {}

  /**
   * The receiver takes more.
   *
   * @param bytes 1 to 2<sup>31</sup>-1
   */
  record Window(int bytes) implements Message {}

  /** No more data follows on the stream from this side. */
  record HalfClose() implements Message {}

  /**
   * The stream is over.
   *
   * @param reason two bytes
   */
  record Reset(ResetReason reason) implements Message {}

  /**
   * Asks for a pong.
   *
   * @param token chosen by the sender, eight bytes
   */
  record Ping(long token) implements Message {}

  /**
   * Answers the latest ping; earlier unanswered ones are answered with it.
   *
   * @param token the ping's
   */
  record Pong(long token) implements Message {}

  /** The sender is stopping: no new streams, please. */
  record Drain() implements Message {}

  /** Writes the whole frame, header included; {@code stream} is 0 for messages of the session. */
  static void write(ByteBuffer out, long stream, Message message) {
    MessageCodec.write(out, stream, message);
  }

  /**
   * Reads the payload of a frame whose header was {@code frame}.
   *
   * @param in holds exactly the payload
   * @throws ProtocolException naming the verb and the field that is wrong
   */
  static Message read(Frame frame, ByteBuffer in) throws ProtocolException {
    return MessageCodec.read(frame, in);
  }
}
