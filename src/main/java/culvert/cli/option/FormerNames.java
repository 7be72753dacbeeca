package culvert.cli.option;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Names that options had in earlier versions. Each stays valid, as a flag and as a variable, and
 * appears in no help text and no suggestion.
 */
public final class FormerNames {

  static final String MAX_HALF_OPEN = "--max-half-open";
  static final String MAX_HALF_OPEN_PER_ADDR = "--max-half-open-per-addr";
  static final String DIALECT = "--dialect";
  static final String WIRE = "--wire";

  private static final Set<String> ALL =
      Set.of(MAX_HALF_OPEN, MAX_HALF_OPEN_PER_ADDR, DIALECT, WIRE);

  private FormerNames() {}

  /** Returns whether the name is one of an earlier version. */
  public static boolean has(String name) {
    return ALL.contains(name);
  }

  /** Returns the option's names without those of earlier versions. */
  static List<String> current(OptionSpec option) {
    return Arrays.stream(option.names()).filter(name -> !has(name)).toList();
  }

  /** Returns the option's current long name, or its only name if that is short. */
  static String name(OptionSpec option) {
    List<String> names = current(option);
    return names.stream().filter(name -> name.startsWith("--")).findFirst().orElse(names.get(0));
  }
}
