package culvert.protocol;

/**
 * Why a stream was not connected to its origin server. An unknown code is read as {@link
 * #UNREACHABLE}.
 */
public enum StreamRefusedReason {
  /** The origin server refused the connection. */
  ORIGIN_REFUSED(1),
  /** The origin server's name or network could not be reached. */
  UNREACHABLE(2),
  /** The origin server did not answer in time. */
  TIMED_OUT(3),
  /** The service is not offered, or no longer. */
  NO_SERVICE(4),
  /** A limit was reached, or the side is stopping. */
  BUSY(5);

  private final int code;

  StreamRefusedReason(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }

  static StreamRefusedReason of(int code) {
    return ReasonCodes.find(values(), StreamRefusedReason::code, code, UNREACHABLE);
  }
}
