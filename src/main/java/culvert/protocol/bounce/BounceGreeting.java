package culvert.protocol.bounce;

/** How a bounce server and its members greet each other. */
public enum BounceGreeting {
  /** As the program does it: a line feed behind the banner, and READY once a group is joined. */
  PROGRAM,
  /** As its description has it: neither of the two. */
  TEXT
}
