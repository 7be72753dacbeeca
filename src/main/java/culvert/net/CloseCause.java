package culvert.net;

/** Why a {@link Connection} ended other than by a clean end of both directions. */
public enum CloseCause {
  /** The peer reset the connection, or it broke. */
  RESET,
  /** The link that carried this stream was lost. */
  LINK_LOST,
  /** The peer reset the stream because a time limit passed. */
  TIMED_OUT,
  /** Reset under memory pressure, as a stream that held many bytes for a long time. */
  NOT_DRAINED,
  /** This side or the peer is stopping. */
  STOPPED
}
