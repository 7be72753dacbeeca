package culvert.protocol;

import java.io.IOException;

/** The first bytes of a connection belong to another protocol. */
public final class ForeignPeerException extends IOException {
  private static final long serialVersionUID = 1L;

  private final ForeignPeer peer;
  private final byte[] answer;

  ForeignPeerException(ForeignPeer peer) {
    this(peer, ExpectedPeer.CULVERT, PeerNames.ORIGIN_PROXY);
  }

  /**
   * Creates an exception that names the peer and the expected one.
   *
   * @param names names of the expected peer
   */
  public ForeignPeerException(ForeignPeer peer, ExpectedPeer expected, PeerNames names) {
    this(peer, expected, names, peer.answer());
  }

  private ForeignPeerException(
      ForeignPeer peer, ExpectedPeer expected, PeerNames names, byte[] answer) {
    super(
        "this is " + peer.description() + ", not " + expected + peer.alternative(expected, names));
    this.peer = peer;
    this.answer = answer;
  }

  /** Creates an exception for a peer that was answered already; {@link #answer} is empty. */
  public static ForeignPeerException answered(
      ForeignPeer peer, ExpectedPeer expected, PeerNames names) {
    return new ForeignPeerException(peer, expected, names, new byte[0]);
  }

  /** Returns the peer as far as it was identified. */
  public ForeignPeer peer() {
    return peer;
  }

  /** Returns the answer to send before closing; often empty. */
  public byte[] answer() {
    return answer.clone();
  }
}
