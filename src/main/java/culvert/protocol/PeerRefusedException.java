package culvert.protocol;

import java.io.IOException;

/** One side ended a handshake or link with a reason: the peer refused this side, or vice versa. */
public final class PeerRefusedException extends IOException {
  private static final long serialVersionUID = 1L;

  private final ByeReason reason;
  private final boolean isByPeer;

  /** Creates an exception for a peer that this side refuses, with a message for users. */
  public PeerRefusedException(ByeReason reason, String message) {
    this(reason, message, false);
  }

  private PeerRefusedException(ByeReason reason, String message, boolean isByPeer) {
    super(message);
    this.reason = reason;
    this.isByPeer = isByPeer;
  }

  /** Creates an exception for a refusal by the peer, with a message for users. */
  public static PeerRefusedException byPeer(ByeReason reason, String message) {
    return new PeerRefusedException(reason, message, true);
  }

  /** Returns the message about a client whose secret is wrong, or which does not exist. */
  public static String wrongSecretOf(String client) {
    return "the secret of client '" + client + "' is wrong, or there is no such client";
  }

  /** Returns this refusal, by the same side, with another message. */
  public PeerRefusedException withMessage(String message) {
    return new PeerRefusedException(reason, message, isByPeer);
  }

  /** Returns whether the peer refused this side. */
  public boolean isByPeer() {
    return isByPeer;
  }

  /** Returns the reason code. */
  public ByeReason reason() {
    return reason;
  }
}
