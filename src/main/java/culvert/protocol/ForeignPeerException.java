package culvert.protocol;

import java.io.IOException;

/** The connection's first bytes were not ours. */
public final class ForeignPeerException extends IOException {
  private static final long serialVersionUID = 1L;

  private final ForeignPeer peer;

  ForeignPeerException(ForeignPeer peer) {
    super("this is " + peer.description() + ", not a Culvert peer");
    this.peer = peer;
  }

  /** Who it seems to be. */
  public ForeignPeer peer() {
    return peer;
  }
}
