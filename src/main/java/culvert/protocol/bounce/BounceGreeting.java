package culvert.protocol.bounce;

/** Variants of the exchange between a bounce server and its members. */
public enum BounceGreeting {
  /** As implemented by the program: a line feed after the banner, and READY after a join. */
  AS_IMPLEMENTED("program"),
  /** As described in the program's documentation: without the line feed and without READY. */
  AS_DOCUMENTED("text");

  private final String word;

  BounceGreeting(String word) {
    this.word = word;
  }

  /** Returns the word that users write for it. */
  public String word() {
    return word;
  }
}
