package culvert.protocol;

/** The dialled server did not answer as the expected one; its protocol is not known. */
public final class UnknownAnswerException extends ProtocolException {
  private static final long serialVersionUID = 1L;

  /** Creates an exception of the native protocol from the one that names the invalid frame. */
  public UnknownAnswerException(ProtocolException cause) {
    this("a Culvert remote proxy", cause);
  }

  /**
   * Creates an exception from the one that names the invalid message.
   *
   * @param expected the server that was expected, such as "a bore server"
   */
  public UnknownAnswerException(String expected, ProtocolException cause) {
    super("the peer is not " + expected + " (" + cause.getMessage() + ")");
  }
}
