package culvert.protocol;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * The contents of every frame except DATA and DATAGRAM, whose payload is opaque.
 *
 * <p>Text is UTF-8 after its length in one byte (short) or two (long). An address is one byte, 4 or
 * 6, then 4 or 16 bytes, and a port of two bytes.
 */
public sealed interface Message {

  /** The lowest protocol version that this code supports. */
  int MIN_VERSION = 1;

  /** The highest protocol version that this code supports. */
  int MAX_VERSION = 2;

  /** The first version with REGISTER, DECLINED and SHARED. */
  int REGISTER_VERSION = 2;

  /** The first version with features. In earlier ones their field is part of the nonce. */
  int FEATURE_VERSION = 2;

  /** Maximum number of names in SHARED. */
  int MAX_SHARED_NAMES = 16;

  /** Length of a nonce in bytes. */
  int NONCE_BYTES = 28;

  /** Length of an instance id in bytes. */
  int INSTANCE_BYTES = 16;

  /** Maximum length of a name in bytes. */
  int MAX_NAME_BYTES = 64;

  /** Maximum length of a Noise handshake message in bytes. */
  int MAX_NOISE_BYTES = 512;

  /** Maximum length of a datagram in bytes: that of UDP over IPv4. */
  int MAX_DATAGRAM_BYTES = 65_507;

  /**
   * The first message of the dialling side.
   *
   * <pre>min version (1) | max version (1) | opens granted (4) | streams granted (4) |
   * instance (16) | nonce (28) | features (4) | name (1 + n) | transport (1 + n)</pre>
   *
   * @param minVersion lowest version that the sender supports
   * @param maxVersion highest version
   * @param opens maximum number of unanswered OPENs that the sender accepts
   * @param streams maximum number of concurrent streams that the sender accepts
   * @param instance random, one for each process
   * @param nonce random, one for each connection
   * @param features see {@link Feature}; without a meaning if the highest version is 1
   * @param name name of the origin proxy: at most {@value #MAX_NAME_BYTES} letters, digits, dots,
   *     dashes and underscores
   * @param transport transport of the connection at this end; at most as long as a name
   */
  record Hello(
      int minVersion,
      int maxVersion,
      int opens,
      int streams,
      byte[] instance,
      byte[] nonce,
      int features,
      String name,
      String transport)
      implements Message {}

  /**
   * The answer to a HELLO.
   *
   * <pre>version (1) | flags (1): bit 0, a proof is required | opens (4) | streams (4) |
   * instance (16) | nonce (28) | features (4) | transport (1 + n)</pre>
   *
   * @param version the chosen version
   * @param proofWanted whether this side has a secret
   * @param opens maximum number of unanswered OPENs that the sender accepts
   * @param streams maximum number of concurrent streams that the sender accepts
   * @param instance random, one for each process
   * @param nonce random, one for each connection
   * @param features see {@link Feature}; without a meaning in version 1
   * @param transport transport of the connection at this end
   */
  record Challenge(
      int version,
      boolean proofWanted,
      int opens,
      int streams,
      byte[] instance,
      byte[] nonce,
      int features,
      String transport)
      implements Message {}

  /**
   * A message of the Noise handshake that encrypts the connection, from either side; the first one
   * of the dialling side precedes its HELLO.
   *
   * <pre>min version (1) | max version (1) | protocol (1 + n) | message of Noise (2 + n)</pre>
   *
   * @param minVersion lowest version that the sender supports
   * @param maxVersion highest version
   * @param protocol the full name, as the Noise specification writes it
   * @param message handshake message, at most {@value #MAX_NOISE_BYTES} bytes
   */
  record Noise(int minVersion, int maxVersion, String protocol, byte[] message)
      implements Message {}

  /**
   * The client that logs in, directly after the preface: the other side looks up the secret and the
   * rules of this name. Without it the secret is the one that belongs to no client.
   *
   * @param name 1 to {@value #MAX_NAME_BYTES} letters, digits, dots, dashes and underscores
   */
  record Client(String name) implements Message {}

  /**
   * Proof of the secret: 32 bytes, or empty if no secret is used.
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
   * @param text for users, one line
   */
  record Bye(ByeReason reason, String text) implements Message {}

  /**
   * Offers a service. The payload is its name, or {@code NAME:PORT} to request a port of the remote
   * proxy's range, 0 for any; either is followed by {@code /udp} if the service is of type UDP. The
   * answer repeats the payload; streams and flows carry the name only. In version 1 each offer is
   * answered by itself, from version 2 on it has no effect before REGISTER.
   *
   * @param service 1 to 255 bytes
   */
  record Offer(String service) implements Message {}

  /**
   * Withdraws a service; the payload is its name.
   *
   * @param service 1 to 255 bytes
   */
  record Withdraw(String service) implements Message {}

  /**
   * The answer to an offer.
   *
   * <pre>
   * service (1 + n) | number of addresses (1) | each address as text (1 + n) | refusal, text to
   * the end of the frame; empty if the offer is accepted</pre>
   *
   * @param service its name
   * @param addresses public addresses of the service, as {@code HOST:PORT}
   * @param refusal reason for declining the offer, or empty
   */
  record Offered(String service, List<String> addresses, String refusal) implements Message {
    /** Copies the list. */
    public Offered {
      addresses = List.copyOf(addresses);
    }
  }

  /**
   * Asks for all services offered since the last REGISTER: the session serves all of them or none.
   *
   * <pre>flags (1): bit 0, other sessions that ask for it too may serve the same services</pre>
   *
   * @param isShared whether the services may be shared
   */
  record Register(boolean isShared) implements Message {}

  /**
   * The answer to a REGISTER if no service is served; otherwise each offer is answered by OFFERED.
   *
   * <pre>reason (2) | offer (1 + n) | text to the end of the frame</pre>
   *
   * @param reason for programs
   * @param offer the offer that cannot be served
   * @param text for users
   */
  record Declined(DeclinedReason reason, String offer, String text) implements Message {}

  /**
   * The sessions have changed that share a service with the receiver.
   *
   * <pre>service (1 + n) | number of others (2) | number of names (1) | each name (1 + n)</pre>
   *
   * @param service the shared service
   * @param others how many other sessions serve it; 0 if none does any more
   * @param names names of some of them, at most {@value #MAX_SHARED_NAMES}
   */
  record Shared(String service, int others, List<String> names) implements Message {
    /** Copies the list. */
    public Shared {
      names = List.copyOf(names);
    }
  }

  /**
   * The settings of the remote proxy do not permit a service of this client any more. It is
   * withdrawn; visitors that are connected stay. Without a text, they permit a service that was
   * revoked or declined before, and the origin proxy can offer it.
   *
   * <pre>service (1 + n) | text to the end of the frame</pre>
   *
   * @param service the name of a service, which was served or offered
   * @param text the reason for users; empty if the service is permitted
   */
  record Revoked(String service, String text) implements Message {}

  /**
   * The origin server of a service passes its health checks, or does not any more. Without this
   * message it is healthy.
   *
   * <pre>flags (1): bit 0, the origin server is healthy | service to the end of the frame</pre>
   *
   * @param isHealthy whether it passes them
   * @param service the name of a service, which is served
   */
  record Health(boolean isHealthy, String service) implements Message {}

  /**
   * Opens a stream. Its first data may follow in the same write.
   *
   * <pre>service (1 + n) | visitor's address | address it reached</pre>
   *
   * @param service the service visited
   * @param visitor the visitor's address
   * @param reached the address the visitor connected to
   */
  record Open(String service, InetSocketAddress visitor, InetSocketAddress reached)
      implements Message {}

  /**
   * Opens a flow: the datagrams of one visitor of a UDP service. It has no answer. RESET ends it.
   *
   * <pre>service (1 + n) | visitor's address | address it reached</pre>
   *
   * @param service the service visited
   * @param visitor the visitor's address
   * @param reached the address at which the visitor's datagrams arrive
   */
  record OpenFlow(String service, InetSocketAddress visitor, InetSocketAddress reached)
      implements Message {}

  /** The stream is connected to its origin server. */
  record Accepted() implements Message {}

  /**
   * The stream could not be connected.
   *
   * <pre>reason (2) | text to the end of the frame</pre>
   *
   * @param reason for programs
   * @param text for users: the address and the reason
   */
  record Refused(StreamRefusedReason reason, String text) implements Message {}

  /**
   * Grants more bytes to the sender of a stream.
   *
   * @param bytes 1 to 2<sup>31</sup>-1
   */
  record Window(int bytes) implements Message {}

  /** Ends the data of this side on the stream. */
  record HalfClose() implements Message {}

  /**
   * Ends the stream in both directions, or the flow.
   *
   * @param reason two bytes
   */
  record Reset(StreamResetReason reason) implements Message {}

  /**
   * Requests a PONG.
   *
   * @param token chosen by the sender, eight bytes
   */
  record Ping(long token) implements Message {}

  /**
   * Answers the latest PING and all earlier unanswered ones.
   *
   * @param token token of the PING
   */
  record Pong(long token) implements Message {}

  /** The sender is stopping and accepts no new streams. */
  record Drain() implements Message {}

  /** Writes the whole frame, header included; {@code stream} is 0 for messages of the session. */
  static void write(ByteBuffer out, long stream, Message message) {
    MessageCodec.write(out, stream, message);
  }

  /**
   * Reads the payload of a frame whose header was {@code frame}.
   *
   * @param in holds exactly the payload
   * @throws ProtocolException naming the frame type and the invalid field
   */
  static Message read(Frame frame, ByteBuffer in) throws ProtocolException {
    return MessageCodec.read(frame, in);
  }
}
