package culvert.protocol;

import java.io.IOException;

/** The connection's first bytes were not ours. */
public final class ForeignPeerException extends IOException {
  private static final long serialVersionUID = 1L;

  private final ForeignPeer peer;

  ForeignPeerException(ForeignPeer peer) {
    this(peer, "a Culvert peer");
  }

  /**
   * Says who it is, and who it is not.
   *
   * @param wanted who was to come: "a TLS client"
   */
  public ForeignPeerException(ForeignPeer peer, String wanted) {
    super("this is " + peer.description() + ", not " + wanted);
    this.peer = peer;
  }

  /** Who it seems to be. */
  public ForeignPeer peer() {
    return peer;
  }
}
