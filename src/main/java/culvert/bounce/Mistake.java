package culvert.bounce;

/** What was typed is no command; the message is for who typed it. */
final class Mistake extends Exception {

  private static final long serialVersionUID = 1L;

  Mistake(String message) {
    super(message, null, false, false);
  }
}
