package culvert.cli.option;

import culvert.setting.NearestWord;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Warnings about environment variables that have no effect or whose name has changed. */
final class VariableAdvice {

  /** Read by the launchers. */
  private static final Set<String> OF_LAUNCHERS = Set.of(VariableNames.PREFIX + "JVM_OPTIONS");

  private final CommandSpec command;
  private final Environment environment;
  private final List<String> arguments;

  private VariableAdvice(CommandSpec command) {
    this.command = command;
    this.environment = Environment.of(command);
    this.arguments = command.root().commandLine().getParseResult().originalArgs();
  }

  /** Returns the warnings for a command that has been parsed, one line each. */
  static List<String> of(CommandSpec command) {
    var advice = new VariableAdvice(command);
    var lines = new ArrayList<String>();
    command.options().forEach(option -> advice.renamed(option).ifPresent(lines::add));
    lines.addAll(advice.unknown());
    return lines;
  }

  /** Returns a warning if a former name of the option's variable is set and no other name is. */
  private Optional<String> renamed(OptionSpec option) {
    if (WrittenName.onCommandLine(option, arguments).isPresent()) {
      return Optional.empty();
    }
    Optional<String> current = VariableNames.current(option);
    Optional<String> source = environment.source(option);
    return source.isPresent()
        ? source
            .filter(name -> !source.equals(current))
            .map(
                name -> name + " is now " + current.orElseThrow() + "; the former name still works")
        : VariableNames.former(option).stream()
            .filter(environment::isSetByUser)
            .findFirst()
            .map(name ->
                name
                    + " does not set "
                    + FormerNames.name(option)
                    + " of this command; use "
                    + current.orElseThrow());
  }

  private List<String> unknown() {
    Set<String> current = new TreeSet<>(OF_LAUNCHERS);
    addNames(command.root(), option -> VariableNames.current(option).stream(), current);
    Set<String> former = new TreeSet<>();
    addNames(command.root(), option -> VariableNames.former(option).stream(), former);
    return environment.names(VariableNames.PREFIX).stream()
        .filter(name -> !current.contains(name) && !former.contains(name))
        .filter(name -> environment.isSetByUser(name) && !VariableNames.isOfPlatform(name))
        .map(name -> unknown(name, current))
        .toList();
  }

  private static String unknown(String name, Set<String> current) {
    int start = VariableNames.PREFIX.length();
    List<String> near =
        NearestWord.to(
            name.substring(start),
            current.stream()
                .filter(each -> each.startsWith(VariableNames.PREFIX))
                .map(each -> each.substring(start))
                .toList());
    return "unknown variable "
        + name
        + (near.isEmpty() ? "" : ": did you mean " + VariableNames.PREFIX + near.getFirst() + "?");
  }

  /** Adds names of the variables of this command and of all in it. */
  private static void addNames(
      CommandSpec command, Function<OptionSpec, Stream<String>> names, Set<String> all) {
    command.options().forEach(option -> names.apply(option).forEach(all::add));
    command.subcommands().values().forEach(each -> addNames(each.getCommandSpec(), names, all));
  }
}
