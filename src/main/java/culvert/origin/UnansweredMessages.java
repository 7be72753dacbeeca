package culvert.origin;

import culvert.session.OriginSession;

/**
 * Limits the messages of a session that have no answer. The first ones after a pause are sent only
 * if no earlier message is unsent; others may follow them at once, up to a number of each kind.
 * Guarded by the lock of {@link SessionServices}.
 */
final class UnansweredMessages {

  /** Maximum number of messages of each kind in a pause: they fit into the queue of the link. */
  private static final int MAX_OF_KIND = 64;

  private final OriginSession session;

  /** Whether messages may be sent in the change that is in progress. */
  private boolean isOpen;

  /** Whether messages were sent since the last pause, while it was permitted. */
  private boolean isBegun;

  private int withdrawals;
  private int reports;

  /** Whether there are messages to send after a pause. */
  private boolean isDue;

  UnansweredMessages(OriginSession session) {
    this.session = session;
  }

  /** Begins a change, whose messages may be sent if none from before is unsent. */
  void beginChange() {
    isOpen = isBegun || !session.hasUnsentMessages();
  }

  /** Records an offer. It has an answer, which limits the number of offers, and may be unsent. */
  void offered() {
    isBegun |= isOpen;
  }

  /** Returns whether a service may be withdrawn now; if not, a pause is needed. */
  boolean tryWithdraw() {
    if (!mayFollow(withdrawals)) {
      return false;
    }
    withdrawals++;
    return true;
  }

  /** Returns whether the health of a service may be reported now; if not, a pause is needed. */
  boolean tryReport() {
    if (!mayFollow(reports)) {
      return false;
    }
    reports++;
    return true;
  }

  private boolean mayFollow(int ofKind) {
    boolean isPermitted = isOpen && ofKind < MAX_OF_KIND;
    isBegun |= isPermitted;
    isDue |= !isPermitted;
    return isPermitted;
  }

  /** Returns whether {@link #pauseEnded} has to follow. */
  boolean needsPause() {
    return isBegun || isDue;
  }

  /** Permits further messages; the caller repeats those that were not sent. */
  void pauseEnded() {
    isBegun = false;
    isDue = false;
    withdrawals = 0;
    reports = 0;
  }
}
