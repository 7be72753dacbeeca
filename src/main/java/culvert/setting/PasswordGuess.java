package culvert.setting;

/** Decides whether a message may repeat the invalid value of a setting. */
public final class PasswordGuess {

  private PasswordGuess() {}

  /** Returns whether the value is a URL with a place for a password, or was meant as one. */
  public static boolean mayHavePassword(String value) {
    return value == null || value.matches("(?s)bounce.*//.*|.*[@?].*");
  }
}
