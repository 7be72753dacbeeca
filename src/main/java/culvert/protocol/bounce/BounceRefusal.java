package culvert.protocol.bounce;

import java.nio.charset.StandardCharsets;

/** Why a bounce server does not let somebody in, in the wire's own words; it closes then. */
public enum BounceRefusal {
  /** Another authentication string was expected. */
  AUTHENTICATION("Authentication failure"),
  /** What came was no group's number. */
  NUMBER("Failed to negotiate channel number"),
  /** There are as many members as there may be. */
  FULL("Connection Group Full");

  private final String words;

  BounceRefusal(String words) {
    this.words = words;
  }

  /** What is sent, without a line end. */
  public byte[] words() {
    return words.getBytes(StandardCharsets.US_ASCII);
  }

  @Override
  public String toString() {
    return words;
  }
}
