package culvert.protocol;

/** Why a remote proxy serves no service of a session. An unknown code is {@link #SETTINGS}. */
public enum DeclinedReason {
  /** The remote proxy's settings do not allow it, as the text says. */
  SETTINGS(1),
  /** Another session has the name, the service or the port; it may end. */
  IN_USE(2);

  private final int code;

  DeclinedReason(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }

  static DeclinedReason of(int code) {
    return code == IN_USE.code ? IN_USE : SETTINGS;
  }
}
