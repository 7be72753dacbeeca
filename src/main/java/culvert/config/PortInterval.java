package culvert.config;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Consecutive ports: {@code 5000-5010}, or {@code 5000} alone.
 *
 * @param min the lowest port, 1 to 65535
 * @param max the highest port
 */
public record PortInterval(int min, int max) {

  private static final int MAX_PORT = 65535;
  private static final Pattern FORM = Pattern.compile("([0-9]{1,5})(?:-([0-9]{1,5}))?");

  /** Validates the ports. */
  public PortInterval {
    if (min < 1 || max > MAX_PORT || min > max) {
      throw new IllegalArgumentException("expected ports from 1 to " + MAX_PORT + ", as A-B or A");
    }
  }

  /**
   * Parses both forms.
   *
   * @throws IllegalArgumentException whose message describes the valid form
   */
  public static PortInterval parse(String text) {
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      throw new IllegalArgumentException("expected ports as A-B or A");
    }
    int min = Integer.parseInt(form.group(1));
    return new PortInterval(min, form.group(2) == null ? min : Integer.parseInt(form.group(2)));
  }

  /** Returns whether the port is one of these. */
  public boolean contains(int port) {
    return min <= port && port <= max;
  }

  /** Returns the number of ports. */
  public int size() {
    return max - min + 1;
  }

  /** Returns the ports that are also in the range, if there are any. */
  public Optional<PortInterval> within(PortRange range) {
    int low = Math.max(min, range.min());
    int high = Math.min(max, range.max());
    return low <= high ? Optional.of(new PortInterval(low, high)) : Optional.empty();
  }

  @Override
  public String toString() {
    return min == max ? "" + min : min + "-" + max;
  }
}
