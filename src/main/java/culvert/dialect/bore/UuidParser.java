package culvert.dialect.bore;

import culvert.protocol.ProtocolException;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * Parses the ids of visitors and challenges: UUIDs (RFC 9562), sent with hyphens in lower case.
 * Upper case, no hyphens, enclosing braces and the prefix {@code urn:uuid:} are accepted as well.
 */
final class UuidParser {

  private static final String HYPHENATED = "\\p{XDigit}{8}(-\\p{XDigit}{4}){3}-\\p{XDigit}{12}";
  private static final Pattern WRITTEN =
      Pattern.compile(
          HYPHENATED + "|\\{" + HYPHENATED + "}|urn:uuid:" + HYPHENATED + "|\\p{XDigit}{32}");

  private UuidParser() {}

  /**
   * Parses an id.
   *
   * @throws ProtocolException with bore's error text, if it is not a UUID
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
