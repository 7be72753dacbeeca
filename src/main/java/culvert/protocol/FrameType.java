package culvert.protocol;

/**
 * The kind of a frame. Each type has a scope and limits for the payload length, so that an invalid
 * frame is rejected by its header.
 */
public enum FrameType {
  /** First frame of the dialling side: versions, instance, nonce, limits. */
  HELLO(0x01, Scope.HANDSHAKE, 62, 256),
  /** The answer: chosen version, instance, nonce, limits, and whether a proof is required. */
  CHALLENGE(0x02, Scope.HANDSHAKE, 60, 256),
  /** HMAC over the handshake so far, or empty if no secret is used. */
  PROOF(0x03, Scope.HANDSHAKE, 0, 32),
  /** The last frame of a side that ends the connection, with the reason. */
  BYE(0x04, Scope.SESSION, 2, 1024),
  /** A message of the Noise handshake that encrypts the connection. */
  NOISE(0x05, Scope.HANDSHAKE, 6, 640),
  /** The name of the client that logs in, before any other frame. */
  CLIENT(0x06, Scope.HANDSHAKE, 1, Message.MAX_NAME_BYTES),
  /** The origin side offers a service. */
  OFFER(0x10, Scope.SESSION, 1, 255),
  /** The origin side withdraws a service. */
  WITHDRAW(0x11, Scope.SESSION, 1, 255),
  /**
   * The answer to an offer: the public addresses of the service, or the reason for declining it.
   */
  OFFERED(0x12, Scope.SESSION, 2, 4096),
  /** The origin side asks for all services that it has offered at once; since version 2. */
  REGISTER(0x13, Scope.SESSION, 1, 1),
  /** No service of a REGISTER is served, with the reason; since version 2. */
  DECLINED(0x14, Scope.SESSION, 4, 1024),
  /** The other sessions that serve a service have changed; since version 2. */
  SHARED(0x15, Scope.SESSION, 4, 2048),
  /** A service that was served is not permitted any more, with the reason; to clients only. */
  REVOKED(0x16, Scope.SESSION, 2, 1024),
  /** Whether the origin server of a service is healthy; with the feature HEALTH only. */
  HEALTH(0x17, Scope.SESSION, 2, 1 + Message.MAX_NAME_BYTES),
  /** Opens a stream for a visitor. */
  OPEN(0x20, Scope.STREAM, 16, 512),
  /** The origin server has accepted the connection. */
  ACCEPTED(0x21, Scope.STREAM, 0, 0),
  /** The stream could not be connected and has ended, with the reason. */
  REFUSED(0x22, Scope.STREAM, 2, 1024),
  /** Opens a flow for a visitor of a UDP service; with the feature UDP only. */
  OPEN_FLOW(0x23, Scope.STREAM, 16, 512),
  /** Bytes of the stream, at least one. */
  DATA(0x30, Scope.STREAM, 1, 256 * 1024),
  /** The receiver grants more bytes. */
  WINDOW(0x31, Scope.STREAM, 4, 4),
  /** No more data from this side. */
  HALF_CLOSE(0x32, Scope.STREAM, 0, 0),
  /** The stream has ended in both directions, or the flow has ended, with the reason. */
  RESET(0x33, Scope.STREAM, 2, 2),
  /** Requests a PONG with the same eight bytes. */
  PING(0x40, Scope.SESSION, 8, 8),
  /** Answers the latest PING. */
  PONG(0x41, Scope.SESSION, 8, 8),
  /** The sender is stopping: it accepts no new streams; open ones may finish. */
  DRAIN(0x42, Scope.SESSION, 0, 0),
  /** One whole datagram of a flow; with the feature UDP only. */
  DATAGRAM(0x51, Scope.STREAM, 0, Message.MAX_DATAGRAM_BYTES);

  /** Where a frame type is allowed. */
  enum Scope {
    /** During the login, on stream 0. */
    HANDSHAKE,
    /** During the session, on stream 0 ({@code BYE} also during the login). */
    SESSION,
    /** During the session, on a stream or flow other than 0. */
    STREAM
  }

  /** Reserved: acknowledgement of a link's bytes, so that a new connection can resume the link. */
  static final int RESERVED_SEQUENCE_ACK = 0x50;

  /** Reserved: this direction of the stream continues on a data channel. */
  static final int RESERVED_CONTINUES = 0x52;

  private static final FrameType[] BY_CODE = new FrameType[256];

  static {
    for (FrameType type : values()) {
      BY_CODE[type.code] = type;
    }
  }

  private final int code;
  private final Scope scope;
  private final int minLength;
  private final int maxLength;

  FrameType(int code, Scope scope, int minLength, int maxLength) {
    this.code = code;
    this.scope = scope;
    this.minLength = minLength;
    this.maxLength = maxLength;
  }

  /** Returns the code in the frame header. */
  int code() {
    return code;
  }

  Scope scope() {
    return scope;
  }

  int minLength() {
    return minLength;
  }

  int maxLength() {
    return maxLength;
  }

  static FrameType of(int code) throws ProtocolException {
    FrameType type = BY_CODE[code];
    if (type == null) {
      throw new ProtocolException(
          switch (code) {
            case RESERVED_SEQUENCE_ACK, RESERVED_CONTINUES ->
                String.format("frame type 0x%02x is reserved and not used yet", code);
            default -> String.format("unknown frame type 0x%02x", code);
          });
    }
    return type;
  }
}
