package culvert.config.toml;

/**
 * A value of a settings file.
 *
 * @param key the key of its block
 * @param name the full key, such as {@code server.services.web.bind_addr}
 * @param line where it is, from 1
 * @param service the name of the service or client, or an empty text
 * @param text the value in the form of the option's
 * @param isLiteral whether the file has the text itself, and not the name of a variable
 */
public record FileValue(
    Key key, String name, int line, String service, String text, boolean isLiteral) {

  /** Creates a value that the file has itself. */
  public FileValue(Key key, String name, int line, String service, String text) {
    this(key, name, line, service, text, true);
  }

  /** Returns the same place with the value of a variable. */
  FileValue withVariable(String other) {
    return new FileValue(key, name, line, service, other, false);
  }

  /** Returns the same place with another text. */
  FileValue withText(String other) {
    return new FileValue(key, name, line, service, other, isLiteral);
  }

  /** Returns a copy that belongs to another service and key. */
  FileValue of(Key otherKey, String otherService, String otherText) {
    return new FileValue(otherKey, name, line, otherService, otherText);
  }

  @Override
  public String toString() {
    return name + " (line " + line + ")";
  }
}
