package culvert.cli.option;

/** Headings of the options in a help text, in the order in which they appear. */
public enum HelpGroup {
  ADDRESSES("Addresses"),
  SECURITY("Security"),
  TRANSPORT("Transport"),
  OPERATION("Operation"),
  LIMITS("Limits"),
  LOGGING("Logging"),
  OTHER("Other");

  private final String heading;

  HelpGroup(String heading) {
    this.heading = heading;
  }

  String heading() {
    return heading;
  }
}
