package culvert.protocol;

/** Why a remote proxy serves no service of a session. An unknown code is {@link #SETTINGS}. */
public enum DeclinedReason {
  /** The remote proxy's settings do not allow it, as the text says. */
  SETTINGS(1),
  /** Another session has the name, the service or the port; it may end. */
  IN_USE(2),
  /** The client may not offer it, as the text says; since the frame CLIENT. */
  NOT_PERMITTED(3);

  private final int code;

  DeclinedReason(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }

  static DeclinedReason of(int code) {
    return ReasonCodes.find(values(), DeclinedReason::code, code, SETTINGS);
  }
}
