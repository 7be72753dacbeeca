package culvert.protocol;

import java.io.IOException;

/** The connection's first bytes were not ours. */
public final class ForeignPeerException extends IOException {
  private static final long serialVersionUID = 1L;

  private final ForeignPeer peer;
  private final byte[] answer;

  ForeignPeerException(ForeignPeer peer) {
    this(peer, "a Culvert peer");
  }

  /**
   * Says who it is, and who it is not.
   *
   * @param wanted who was to come: "a TLS client"
   */
  public ForeignPeerException(ForeignPeer peer, String wanted) {
    this(peer, wanted, peer.answer());
  }

  private ForeignPeerException(ForeignPeer peer, String wanted, byte[] answer) {
    super("this is " + peer.description() + ", not " + wanted + peer.doubt(wanted));
    this.peer = peer;
    this.answer = answer;
  }

  /** The same, of somebody who has been answered by whoever waited for others. */
  public static ForeignPeerException answered(ForeignPeer peer, String wanted) {
    return new ForeignPeerException(peer, wanted, new byte[0]);
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
