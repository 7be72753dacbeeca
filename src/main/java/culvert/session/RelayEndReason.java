package culvert.session;

import culvert.net.CloseCause;
import culvert.net.Relay;

/** Why a relay ended, as its log line gives it. */
public enum RelayEndReason {
  /** Both directions ended by themselves. */
  DONE("done"),
  /** The visitor reset its connection or stopped answering. */
  VISITOR_RESET("visitor-reset"),
  /** The origin server reset its connection or stopped answering. */
  ORIGIN_RESET("origin-reset"),
  /** The link that carried the stream was lost. */
  LINK_LOST("link-lost"),
  /** Memory ran short, and this stream had held the most bytes for the longest time. */
  NOT_DRAINED("not-drained"),
  /** A time limit passed on the other side. */
  TIMED_OUT("timed-out"),
  /** The half-close timeout passed without a byte. */
  SILENT("half-closed-silent"),
  /** The idle timeout passed without a byte. */
  IDLE("idle"),
  /** This side is stopping. */
  STOPPED("stopped");

  private final String text;

  RelayEndReason(String text) {
    this.text = text;
  }

  /** Returns the remote proxy's reason: its relay has the visitor first and the stream second. */
  public static RelayEndReason atRemote(Relay.Outcome ending, CloseCause ofStream) {
    return switch (ending) {
      case FIRST_FAILED -> VISITOR_RESET;
      case SECOND_FAILED -> ofStream == CloseCause.RESET ? ORIGIN_RESET : of(ofStream);
      case COMPLETED, HALF_CLOSED_IDLE, IDLE, STOPPED -> of(ending);
    };
  }

  /** Returns the origin proxy's reason: its relay has the stream first and the server second. */
  public static RelayEndReason atOrigin(Relay.Outcome ending, CloseCause ofStream) {
    return switch (ending) {
      case FIRST_FAILED -> ofStream == CloseCause.RESET ? VISITOR_RESET : of(ofStream);
      case SECOND_FAILED -> ORIGIN_RESET;
      case COMPLETED, HALF_CLOSED_IDLE, IDLE, STOPPED -> of(ending);
    };
  }

  private static RelayEndReason of(CloseCause cause) {
    return switch (cause) {
      case LINK_LOST -> LINK_LOST;
      case TIMED_OUT -> TIMED_OUT;
      case NOT_DRAINED -> NOT_DRAINED;
      case STOPPED, RESET -> STOPPED;
    };
  }

  private static RelayEndReason of(Relay.Outcome ending) {
    return switch (ending) {
      case COMPLETED -> DONE;
      case HALF_CLOSED_IDLE -> SILENT;
      case IDLE -> IDLE;
      default -> STOPPED;
    };
  }

  @Override
  public String toString() {
    return text;
  }
}
