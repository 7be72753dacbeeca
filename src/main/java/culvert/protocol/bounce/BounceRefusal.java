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

  private final String bytes;

  BounceRefusal(String words) {
    this.bytes = words;
  }

  /** What is sent, without a line end. */
  public byte[] bytes() {
    return bytes.getBytes(StandardCharsets.US_ASCII);
  }

  @Override
  public String toString() {
    return bytes;
  }
}
