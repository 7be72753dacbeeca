package culvert.bounce.console;

/** What was typed is no command; the message is for who typed it. */
final class CommandException extends Exception {

  private static final long serialVersionUID = 1L;

  CommandException(String message) {
    super(message, null, false, false);
  }
}
