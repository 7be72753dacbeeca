package culvert.cli.option;

/** Headings of the options in a help text, in the order in which they appear. */
public enum HelpGroup {
  /** Addresses to listen at and to connect to. */
  ADDRESSES("Addresses"),
  /** Secrets, keys and certificates. */
  SECURITY("Security"),
  /** Transport, protocol and outbound proxy. */
  TRANSPORT("Transport"),
  /** Mode of operation, such as conditions for a retry or an exit. */
  OPERATION("Operation"),
  /** Timeouts, and maximum sizes and numbers. */
  LIMITS("Limits"),
  /** Level, format and volume of the log. */
  LOGGING("Logging"),
  /** Help and version. */
  OTHER("Other");

  private final String heading;

  HelpGroup(String heading) {
    this.heading = heading;
  }

  String heading() {
    return heading;
  }
}
