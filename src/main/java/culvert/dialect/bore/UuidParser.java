package culvert.dialect.bore;

import culvert.protocol.ProtocolException;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * The ids of visitors and challenges: UUIDs (RFC 9562), written with hyphens in lower case. They
 * are read in either case and also without hyphens, in braces, or behind {@code urn:uuid:}.
 */
final class UuidParser {

  private static final String HYPHENATED = "\\p{XDigit}{8}(-\\p{XDigit}{4}){3}-\\p{XDigit}{12}";
  private static final Pattern WRITTEN =
      Pattern.compile(
          HYPHENATED + "|\\{" + HYPHENATED + "}|urn:uuid:" + HYPHENATED + "|\\p{XDigit}{32}");

  private UuidParser() {}

  /**
   * Reads an id.
   *
   * @throws ProtocolException in bore's words, if it is none
   */
  static UUID read(String text) throws ProtocolException {
    if (!WRITTEN.matcher(text).matches()) {
      throw Json.unreadable();
    }
    String digits =
        text.replace("urn:uuid:", "").replace("{", "").replace("}", "").replace("-", "");
    return new UUID(
        Long.parseUnsignedLong(digits, 0, 16, 16), Long.parseUnsignedLong(digits, 16, 32, 16));
  }
}
