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
 * The head of an HTTP/1.1 request or answer, read strictly (RFC 9112, 2 to 5): whoever reads it
 * loosely may read something else than the proxy in front does.
 *
 * @param start the first line
 * @param fields the values of each header in their order; its name in lower case
 */
public record HttpHead(String startLine, Map<String, List<String>> fields) {

  /** What ends a line. */
  static final String LINE_END = "\r\n";

  /** Most characters of a stranger's words that are shown. */
  private static final int MAX_SHOWN = 80;

  /** Visible ASCII and what lies above it, with spaces and tabs in between. */
  private static final String TEXT = "[\\t !-~\\x80-\\xff]*";

  private static final Pattern LINE = Pattern.compile(TEXT);
  private static final Pattern FIELD =
      Pattern.compile("([!#$%&'*+.^_`|~0-9A-Za-z-]+):(" + TEXT + ")");

  /**
   * Takes a head apart.
   *
   * @param text its lines, each with its end, without the empty one
   * @throws MalformedHttpException if it is malformed
   */
  static HttpHead parse(String text) throws MalformedHttpException {
    String[] lines = text.split(LINE_END);
    if (!LINE.matcher(lines[0]).matches()) {
      throw new MalformedHttpException("an HTTP head whose first line holds a control character");
    }
    var fields = new HashMap<String, List<String>>();
    for (int i = 1; i < lines.length; i++) {
      Matcher field = FIELD.matcher(lines[i]);
      if (!field.matches()) {
        throw new MalformedHttpException(
            "an HTTP head with the malformed line '" + printable(lines[i]) + "'");
      }
      fields
          .computeIfAbsent(field.group(1).toLowerCase(Locale.ROOT), name -> new ArrayList<>())
          .add(field.group(2).strip());
    }
    return new HttpHead(lines[0], fields);
  }

  /**
   * The value of a header that makes sense only once.
   *
   * @throws MalformedHttpException if it is there twice
   */
  public Optional<String> single(String name) throws MalformedHttpException {
    List<String> values = all(name);
    if (values.size() > 1) {
      throw new MalformedHttpException("an HTTP head with more than one " + name);
    }
    return values.stream().findFirst();
  }

  /** Whether a header that is a list, in one line or several, has this word in any case. */
  public boolean hasToken(String name, String word) {
    return all(name).stream()
        .flatMap(value -> Pattern.compile(",").splitAsStream(value))
        .anyMatch(token -> token.strip().equalsIgnoreCase(word));
  }

  private List<String> all(String name) {
    return fields.getOrDefault(name, List.of());
  }

  /** A stranger's words made safe for a line of a log: printable, and not too many. */
  public static String printable(String text) {
    String printable = text.replaceAll("[^ -~]", "?").strip();
    return printable.length() > MAX_SHOWN ? printable.substring(0, MAX_SHOWN) + "..." : printable;
  }
}
