package culvert.net;

/** Why a {@link Connection} ended other than by both sides finishing. */
public enum CloseCause {
  /** The peer reset the connection, or it broke. */
  RESET,
  /** The leg that carried this stream was lost. */
  LINK_LOST,
  /** The peer gave the stream up because a time limit passed. */
  TIMED_OUT,
  /** Reset under memory pressure: of all streams it had not been read for longest. */
  NOT_DRAINED,
  /** This side or the peer is stopping. */
  STOPPED
}
