package culvert.protocol;

/** The clients that a side may expect where a {@link ForeignPeer} has connected. */
public enum ExpectedPeer {
  /** A client of the native protocol. */
  CULVERT("a Culvert peer"),
  /** A client that starts a TLS handshake. */
  TLS("a TLS client"),
  /** A client that requests a WebSocket. */
  WEB_SOCKET("a WebSocket client");

  private final String description;

  ExpectedPeer(String description) {
    this.description = description;
  }

  /** Returns the description for messages. */
  @Override
  public String toString() {
    return description;
  }
}
