package culvert.protocol;

/** The dialled server did not answer as a Culvert remote proxy; its protocol is not known. */
public final class UnknownAnswerException extends ProtocolException {
  private static final long serialVersionUID = 1L;

  /** Creates an exception from the one that names the invalid frame. */
  public UnknownAnswerException(ProtocolException cause) {
    super("the peer is not a Culvert remote proxy (" + cause.getMessage() + ")");
  }
}
