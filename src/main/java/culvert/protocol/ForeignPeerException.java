package culvert.protocol;

import java.io.IOException;

/** The connection's first bytes were not ours. */
public final class ForeignPeerException extends IOException {
  private static final long serialVersionUID = 1L;

  private final ForeignPeer peer;
  private final byte[] answer;

  ForeignPeerException(ForeignPeer peer) {
    this(peer, "a Culvert peer", PeerNames.ORIGIN_PROXY);
  }

  /**
   * Says who it is, and who it is not.
   *
   * @param wanted who was to come: "a TLS client"
   * @param names of the peer that was expected
   */
  public ForeignPeerException(ForeignPeer peer, String wanted, PeerNames names) {
    this(peer, wanted, names, peer.answer());
  }

  private ForeignPeerException(ForeignPeer peer, String wanted, PeerNames names, byte[] answer) {
    super("this is " + peer.description() + ", not " + wanted + peer.doubt(wanted, names));
    this.peer = peer;
    this.answer = answer;
  }

  /** The same, of somebody who has been answered by whoever waited for others. */
  public static ForeignPeerException answered(ForeignPeer peer, String wanted, PeerNames names) {
    return new ForeignPeerException(peer, wanted, names, new byte[0]);
  }

  /** Who it seems to be. */
  public ForeignPeer peer() {
    return peer;
  }

  /** What is still to be sent before closing; often empty. */
  public byte[] answer() {
    return answer.clone();
  }
}
