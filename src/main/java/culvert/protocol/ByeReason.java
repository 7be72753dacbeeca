package culvert.protocol;

/**
 * Why a side ends a connection on purpose. A code this side does not know reads as {@link #ERROR}.
 */
public enum ByeReason {
  /** Something failed; the text says what. */
  ERROR(1),
  /** The peer broke the rules of the wire. */
  PROTOCOL(2),
  /** The sides have no version in common. */
  VERSION(3),
  /** The secret is missing, wrong, or only on one side. */
  CREDENTIALS(4),
  /** The sender is stopping. */
  STOPPING(5),
  /** A bound was reached. */
  BUSY(6),
  /** A newer process has logged in under the same name; this one is not wanted any more. */
  SUPERSEDED(7),
  /** The sides wrap their connection in different transports. */
  TRANSPORT(8);

  private final int code;

  ByeReason(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }

  static ByeReason of(int code) {
    for (ByeReason reason : values()) {
      if (reason.code == code) {
        return reason;
      }
    }
    return ERROR;
  }
}
