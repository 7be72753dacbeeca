package culvert.bounce.console;

/** A command that cannot be executed; the message is shown to the operator. */
final class CommandException extends Exception {

  private static final long serialVersionUID = 1L;

  CommandException(String message) {
    super(message, null, false, false);
  }
}
