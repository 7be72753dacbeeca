package culvert.protocol.bounce;

import java.nio.charset.StandardCharsets;

/**
 * Reasons for which a bounce server refuses a client, with the texts of the protocol. The server
 * closes the connection after the text.
 */
public enum BounceRefusal {
  /** The authentication string is wrong. */
  AUTHENTICATION("Authentication failure"),
  /** The group number is invalid. */
  NUMBER("Failed to negotiate channel number"),
  /** The group or the server has its maximum number of members. */
  FULL("Connection Group Full");

  private final String text;

  BounceRefusal(String text) {
    this.text = text;
  }

  /** Returns the bytes to send, without a line end. */
  public byte[] bytes() {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  @Override
  public String toString() {
    return text;
  }
}
