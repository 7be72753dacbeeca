package culvert.config;

import java.util.List;
import java.util.stream.Collectors;

/** A list of values in a message, which a user may have made long. */
public final class ShortList {

  private static final int MAX_SHOWN = 10;

  private ShortList() {}

  /** Returns the first values, and the number of the others. */
  public static String of(List<?> values) {
    if (values.isEmpty()) {
      return "none";
    }
    String shown =
        values.stream().limit(MAX_SHOWN).map(Object::toString).collect(Collectors.joining(", "));
    int others = values.size() - MAX_SHOWN;
    return others > 0 ? shown + " and " + others + " more" : shown;
  }
}
