package culvert.protocol;

/** Why a side ends a connection. An unknown code is read as {@link #ERROR}. */
public enum ByeReason {
  /** Something failed, as described in the text. */
  ERROR(1),
  /** The peer violated the protocol. */
  PROTOCOL(2),
  /** The two sides have no version in common. */
  VERSION(3),
  /** The secret is missing, wrong, or known to one side only. */
  CREDENTIALS(4),
  /** The sender is stopping. */
  STOPPING(5),
  /** A limit was reached. */
  BUSY(6),
  /** A newer process has logged in under the same name and replaces this one. */
  SUPERSEDED(7),
  /** The two sides use different transports. */
  TRANSPORT(8);

  private final int code;

  ByeReason(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }

  static ByeReason of(int code) {
    return ReasonCodes.find(values(), ByeReason::code, code, ERROR);
  }
}
