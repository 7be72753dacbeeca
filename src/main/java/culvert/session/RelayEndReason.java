package culvert.session;

import culvert.net.CloseCause;
import culvert.net.Relay;

/** The closed list of reasons for which a relay ends, as its log line gives them. */
public enum RelayEndReason {
  /** Both directions ended by themselves. */
  DONE("done"),
  /** The visitor reset its connection or vanished. */
  VISITOR_RESET("visitor-reset"),
  /** The origin server reset its connection or vanished. */
  ORIGIN_RESET("origin-reset"),
  /** The leg that carried the stream was lost. */
  LINK_LOST("link-lost"),
  /** Memory ran short, and this stream had not been read for longest. */
  NOT_DRAINED("not-drained"),
  /** A time limit passed on the other side. */
  TIMED_OUT("timed-out"),
  /** Half-closed and silent for too long. */
  SILENT("half-closed-silent"),
  /** This side is stopping. */
  STOPPED("stopped");

  private final String text;

  RelayEndReason(String text) {
    this.text = text;
  }

  /** The reason on the remote side, whose relay has the visitor first and the stream second. */
  public static RelayEndReason atRemote(Relay.Outcome ending, CloseCause ofStream) {
    return switch (ending) {
      case FIRST_FAILED -> VISITOR_RESET;
      case SECOND_FAILED -> ofStream == CloseCause.RESET ? ORIGIN_RESET : of(ofStream);
      case COMPLETED, IDLE, STOPPED -> of(ending);
    };
  }

  /** The reason on the origin side, whose relay has the stream first and the server second. */
  public static RelayEndReason atOrigin(Relay.Outcome ending, CloseCause ofStream) {
    return switch (ending) {
      case FIRST_FAILED -> ofStream == CloseCause.RESET ? VISITOR_RESET : of(ofStream);
      case SECOND_FAILED -> ORIGIN_RESET;
      case COMPLETED, IDLE, STOPPED -> of(ending);
    };
  }

  private static RelayEndReason of(CloseCause trouble) {
    return switch (trouble) {
      case LINK_LOST -> LINK_LOST;
      case TIMED_OUT -> TIMED_OUT;
      case NOT_DRAINED -> NOT_DRAINED;
      case STOPPED, RESET -> STOPPED;
    };
  }

  private static RelayEndReason of(Relay.Outcome ending) {
    return switch (ending) {
      case COMPLETED -> DONE;
      case IDLE -> SILENT;
      default -> STOPPED;
    };
  }

  @Override
  public String toString() {
    return text;
  }
}
