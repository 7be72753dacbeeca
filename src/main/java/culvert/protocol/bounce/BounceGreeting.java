package culvert.protocol.bounce;

/** Variants of the exchange between a bounce server and its members. */
public enum BounceGreeting {
  /** As implemented by the program: a line feed after the banner, and READY after a join. */
  PROGRAM,
  /** As described in the program's documentation: without the line feed and without READY. */
  TEXT
}
