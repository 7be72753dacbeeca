package culvert.config.toml;

import culvert.net.UnixPath;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * An address with several ports, such as {@code 0.0.0.0:5000-5010}: one service for each port.
 *
 * @param host the part before the ports, with its colon; may be empty
 * @param min the lowest port
 * @param max the highest port
 */
record PortSpan(String host, int min, int max) {

  /** Maximum ports of one span; one session may offer so many services. */
  static final int MAX_PORTS = 1000;

  private static final int MAX_PORT = 65535;
  private static final Pattern FORM = Pattern.compile("(.*:)?([0-9]{1,5})-([0-9]{1,5})");

  /** Returns the span; empty if the text is an address with one port. */
  static Optional<PortSpan> parse(String text) {
    Matcher form = FORM.matcher(text);
    return form.matches() && !UnixPath.isForm(text)
        ? Optional.of(
            new PortSpan(
                form.group(1) == null ? "" : form.group(1),
                Integer.parseInt(form.group(2)),
                Integer.parseInt(form.group(3))))
        : Optional.empty();
  }

  /** Returns the problem of the ports, if there is one. */
  Optional<String> problem() {
    if (min < 1 || max > MAX_PORT || min > max) {
      return Optional.of("expected A-B, with ports from 1 to " + MAX_PORT);
    }
    return size() <= MAX_PORTS
        ? Optional.empty()
        : Optional.of("expected at most " + MAX_PORTS + " ports");
  }

  /** Returns the number of ports. */
  int size() {
    return max - min + 1;
  }

  /** Returns the addresses in the order of the ports. */
  List<String> addresses() {
    return IntStream.rangeClosed(min, max).mapToObj(port -> host + port).toList();
  }
}
