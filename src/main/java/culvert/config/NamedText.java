package culvert.config;

/**
 * A text that may begin with the name of a service: {@code NAME=REST}. A text with a colon before
 * the equals sign has no name: no name has a colon, and an address or a path may have an equals
 * sign.
 *
 * @param hasName whether there is a name, which may be empty
 * @param name the text before the equals sign; empty if there is no name
 * @param rest the text after the equals sign, or the whole text
 */
public record NamedText(boolean hasName, String name, String rest) {

  /** Divides a text. Does not check the name. */
  public static NamedText of(String text) {
    int equals = text.indexOf('=');
    int colon = text.indexOf(':');
    return equals < 0 || 0 <= colon && colon < equals
        ? new NamedText(false, "", text)
        : new NamedText(true, text.substring(0, equals), text.substring(equals + 1));
  }
}
