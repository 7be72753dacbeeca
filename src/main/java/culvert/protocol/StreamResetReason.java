package culvert.protocol;

/** Why a stream was reset. An unknown code is read as {@link #BROKEN}. */
public enum StreamResetReason {
  /** The connection behind the stream broke or was reset. */
  BROKEN(1),
  /** A time limit passed. */
  TIMED_OUT(2),
  /** Memory ran short, and this stream had held the most bytes for the longest time. */
  NOT_DRAINED(3),
  /** The sender is stopping. */
  STOPPED(4);

  private final int code;

  StreamResetReason(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }

  static StreamResetReason of(int code) {
    return ReasonCodes.find(values(), StreamResetReason::code, code, BROKEN);
  }
}
