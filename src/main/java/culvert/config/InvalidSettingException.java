package culvert.config;

import culvert.protocol.PeerNames;

/** A setting has an invalid value. The message names the option that sets it. */
public final class InvalidSettingException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  /** Maximum characters of the value in the message. */
  private static final int MAX_VALUE_CHARACTERS = 200;

  private final String setting;
  private final String value;
  private final String expected;

  /**
   * Creates the exception for a setting of the remote proxy or of a program with a single peer.
   *
   * @param setting name of the option without its prefix, such as {@code tls-pin}
   * @param value the invalid value
   * @param expected description of a valid value
   */
  InvalidSettingException(String setting, String value, String expected) {
    this("--" + setting, setting, value, expected, null);
  }

  private InvalidSettingException(
      String option, String setting, String value, String expected, Throwable cause) {
    super(
        "invalid value '" + printable(value) + "' for " + option + ": expected " + expected, cause);
    this.setting = setting;
    this.value = value;
    this.expected = expected;
  }

  private static String printable(String value) {
    String text = value.replaceAll("\\p{Cntrl}", "?");
    return text.length() > MAX_VALUE_CHARACTERS
        ? text.substring(0, MAX_VALUE_CHARACTERS) + "..."
        : text;
  }

  /** Returns an exception that names the option of the same setting for the given peer. */
  public InvalidSettingException about(PeerNames peer) {
    return new InvalidSettingException(peer.option(setting), setting, value, expected, this);
  }
}
