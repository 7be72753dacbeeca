package culvert.http;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The start line and header fields of an HTTP/1.1 request or response, parsed strictly (RFC 9112,
 * sections 2 to 5). A lenient parser might read a message differently than the proxy in front of
 * it.
 *
 * @param startLine the request line or status line
 * @param fields the values of each header field in order of appearance; names in lower case
 */
public record HttpHead(String startLine, Map<String, List<String>> fields) {

  /** The line terminator. */
  static final String LINE_END = "\r\n";

  /** Maximum characters of a peer's text in a message or log line. */
  private static final int MAX_PRINTABLE_CHARACTERS = 80;

  /** Visible ASCII and bytes above it (obs-text), spaces and tabs. */
  private static final String TEXT = "[\\t !-~\\x80-\\xff]*";

  private static final Pattern LINE = Pattern.compile(TEXT);
  private static final Pattern FIELD =
      Pattern.compile("([!#$%&'*+.^_`|~0-9A-Za-z-]+):(" + TEXT + ")");

  /**
   * Parses a head.
   *
   * @param text all lines with their terminators, without the final empty line
   * @throws MalformedHttpException if the head is malformed
   */
  static HttpHead parse(String text) throws MalformedHttpException {
    String[] lines = text.split(LINE_END);
    if (!LINE.matcher(lines[0]).matches()) {
      throw new MalformedHttpException("an HTTP start line with a control character");
    }
    var fields = new HashMap<String, List<String>>();
    for (int i = 1; i < lines.length; i++) {
      Matcher field = FIELD.matcher(lines[i]);
      if (!field.matches()) {
        throw new MalformedHttpException(
            "a malformed HTTP header line '" + printable(lines[i]) + "'");
      }
      fields
          .computeIfAbsent(field.group(1).toLowerCase(Locale.ROOT), name -> new ArrayList<>())
          .add(field.group(2).strip());
    }
    return new HttpHead(lines[0], fields);
  }

  /**
   * Returns the value of a header field that may occur only once.
   *
   * @throws MalformedHttpException if the field occurs more than once
   */
  public Optional<String> single(String name) throws MalformedHttpException {
    List<String> values = all(name);
    if (values.size() > 1) {
      throw new MalformedHttpException("more than one HTTP header field " + name);
    }
    return values.stream().findFirst();
  }

  /**
   * Returns whether a list-valued header field, in one line or several, contains the token,
   * ignoring case.
   */
  public boolean hasToken(String name, String token) {
    return all(name).stream()
        .flatMap(value -> Pattern.compile(",").splitAsStream(value))
        .anyMatch(member -> member.strip().equalsIgnoreCase(token));
  }

  private List<String> all(String name) {
    return fields.getOrDefault(name, List.of());
  }

  /** Returns text of a peer in a form safe for a log line: printable ASCII, truncated. */
  public static String printable(String text) {
    String printable = text.replaceAll("[^ -~]", "?").strip();
    return printable.length() > MAX_PRINTABLE_CHARACTERS
        ? printable.substring(0, MAX_PRINTABLE_CHARACTERS) + "..."
        : printable;
  }
}
