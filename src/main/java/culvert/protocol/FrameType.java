package culvert.protocol;

/**
 * What a frame is. Each verb says whether it speaks of a stream and how long its payload may be, so
 * that a header alone is enough to refuse a frame.
 */
public enum FrameType {
  /** First frame of the side that dialled: versions, instance, nonce, limits. */
  HELLO(0x01, Scope.HANDSHAKE, 62, 256),
  /** The answer: the chosen version, instance, nonce, limits, whether a proof is wanted. */
  CHALLENGE(0x02, Scope.HANDSHAKE, 60, 256),
  /** HMAC over the handshake so far, or empty where no secret is in use. */
  PROOF(0x03, Scope.HANDSHAKE, 0, 32),
  /** The last frame of a side that ends the connection on purpose: why. */
  BYE(0x04, Scope.SESSION, 2, 1024),
  /** A message of the Noise handshake that seals the connection. */
  SEAL(0x05, Scope.HANDSHAKE, 6, 640),
  /** The origin side offers a service. */
  OFFER(0x10, Scope.SESSION, 1, 255),
  /** The origin side takes a service back. */
  WITHDRAW(0x11, Scope.SESSION, 1, 255),
  /** The answer to an offer: where visitors reach the service, or why it is declined. */
  OFFERED(0x12, Scope.SESSION, 2, 4096),
  /** A visitor has come: the stream begins. */
  OPEN(0x20, Scope.STREAM, 16, 512),
  /** The origin server has accepted the stream's connection. */
  ACCEPTED(0x21, Scope.STREAM, 0, 0),
  /** The stream could not be connected and is over: why. */
  REFUSED(0x22, Scope.STREAM, 2, 1024),
  /** Bytes of the stream; never none. */
  DATA(0x30, Scope.STREAM, 1, 256 * 1024),
  /** The receiver grants so many more bytes. */
  WINDOW(0x31, Scope.STREAM, 4, 4),
  /** No more data from this side. */
  HALF_CLOSE(0x32, Scope.STREAM, 0, 0),
  /** The stream is over in both directions, for a stated reason. */
  RESET(0x33, Scope.STREAM, 2, 2),
  /** Asks for a pong with the same eight bytes. */
  PING(0x40, Scope.SESSION, 8, 8),
  /** Answers the latest ping. */
  PONG(0x41, Scope.SESSION, 8, 8),
  /** The sender is stopping: no new streams, please; those that are open may finish. */
  DRAIN(0x42, Scope.SESSION, 0, 0);

  /** Where a verb may stand. */
  enum Scope {
    /** Before the session stands, on stream 0. */
    HANDSHAKE,
    /** In a standing session, on stream 0 ({@code BYE} also before). */
    SESSION,
    /** In a standing session, on a stream other than 0. */
    STREAM
  }

  /** Reserved: acknowledgement of a leg's bytes, so that a new connection can resume the leg. */
  static final int RESERVED_SEQUENCE_ACK = 0x50;

  /** Reserved: a datagram of a UDP service. */
  static final int RESERVED_DATAGRAM = 0x51;

  /** Reserved: this direction of the stream continues on a data channel. */
  static final int RESERVED_CONTINUES = 0x52;

  private static final FrameType[] BY_CODE = new FrameType[256];

  static {
    for (FrameType verb : values()) {
      BY_CODE[verb.code] = verb;
    }
  }

  private final int code;
  private final Scope scope;
  private final int least;
  private final int most;

  FrameType(int code, Scope scope, int least, int most) {
    this.code = code;
    this.scope = scope;
    this.least = least;
    this.most = most;
  }

  /** The byte on the wire. */
  int code() {
    return code;
  }

  Scope scope() {
    return scope;
  }

  int least() {
    return least;
  }

  int most() {
    return most;
  }

  static FrameType of(int code) throws ProtocolException {
    FrameType verb = BY_CODE[code];
    if (verb == null) {
      throw new ProtocolException(
          switch (code) {
            case RESERVED_SEQUENCE_ACK, RESERVED_DATAGRAM, RESERVED_CONTINUES ->
                String.format("verb 0x%02x is reserved and not in use yet", code);
            default -> String.format("0x%02x is no verb", code);
          });
    }
    return verb;
  }
}
