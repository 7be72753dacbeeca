package culvert.cli.option;

import culvert.net.Durations;
import java.lang.reflect.Field;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/**
 * Help texts of the commands: {@code --help} lists all options by group, {@code -h} the most used
 * ones with the first sentence of each description.
 */
public final class HelpPage {

  private static final int WIDTH = 100;
  private static final int MAX_NAMES_WIDTH = 44;
  private static final String ARGUMENTS = "arguments";
  private static final String EXAMPLES = "examples";

  private HelpPage() {}

  /** Sets the layout of {@code --help} for the command and all its subcommands. */
  public static void install(CommandLine root) {
    root.setUsageHelpWidth(WIDTH);
    root.setUsageHelpLongOptionsMaxWidth(MAX_NAMES_WIDTH);
    root.setColorScheme(Help.defaultColorScheme(Help.Ansi.OFF));
    var sections = new LinkedHashMap<>(root.getHelpSectionMap());
    sections.put(ARGUMENTS, help -> arguments(help) + optionsByGroup(help));
    sections.put(EXAMPLES, help -> examples(help.commandSpec()));
    root.setHelpSectionMap(sections);
    root.setHelpSectionKeys(
        List.of(
            UsageMessageSpec.SECTION_KEY_SYNOPSIS_HEADING,
            UsageMessageSpec.SECTION_KEY_SYNOPSIS,
            UsageMessageSpec.SECTION_KEY_DESCRIPTION,
            UsageMessageSpec.SECTION_KEY_COMMAND_LIST_HEADING,
            UsageMessageSpec.SECTION_KEY_COMMAND_LIST,
            ARGUMENTS,
            EXAMPLES,
            UsageMessageSpec.SECTION_KEY_FOOTER_HEADING,
            UsageMessageSpec.SECTION_KEY_FOOTER));
  }

  /** Returns the text of {@code -h}. */
  public static String brief(CommandLine command) {
    CommandSpec spec = command.getCommandSpec();
    Help help = command.getHelp();
    List<OptionSpec> options =
        shown(spec).stream().filter(option -> place(option).isBrief()).toList();
    var text = new StringBuilder();
    text.append(help.synopsisHeading()).append(help.synopsis(help.synopsisHeadingLength()));
    text.append(spec.usageMessage().description()[0]).append(line(""));
    if (!spec.subcommands().isEmpty()) {
      text.append(line("")).append(line("Commands:")).append(help.commandList());
    }
    text.append(line("")).append(line("Options:"));
    text.append(list(help, options, options, HelpPage::firstSentence));
    text.append(examples(spec)).append(line(""));
    return text.append(line("All options: " + spec.qualifiedName() + " --help")).toString();
  }

  /** Returns the default of an option as a user would write it; empty if it is computed. */
  public static Optional<String> defaultOf(OptionSpec option) {
    if (option.defaultValue() != null) {
      return Optional.of(option.defaultValue());
    }
    return switch (option.initialValue()) {
      case Duration time -> Optional.of(Durations.of(time));
      case Integer number -> Optional.of(number.toString());
      case null, default -> Optional.empty();
    };
  }

  private static String arguments(Help help) {
    List<PositionalParamSpec> arguments = help.commandSpec().positionalParameters();
    if (arguments.isEmpty()) {
      return "";
    }
    Help.Layout layout = layout(help, shown(help.commandSpec()));
    for (PositionalParamSpec argument : arguments) {
      layout.addPositionalParameter(
          PositionalParamSpec.builder(argument).description(description(argument)).build(),
          help.createDefaultParamLabelRenderer());
    }
    return line("") + line("Arguments:") + layout;
  }

  private static String optionsByGroup(Help help) {
    List<OptionSpec> all = shown(help.commandSpec());
    Map<HelpGroup, List<OptionSpec>> groups = new EnumMap<>(HelpGroup.class);
    for (OptionSpec option : all) {
      groups.computeIfAbsent(place(option).value(), group -> new ArrayList<>()).add(option);
    }
    var text = new StringBuilder();
    groups.forEach((group, options) -> {
      String heading = groups.size() == 1 ? "Options" : group.heading();
      text.append(line("")).append(line(heading + ":"));
      text.append(list(help, all, options, UnaryOperator.identity()));
    });
    return text.toString();
  }

  private static List<OptionSpec> shown(CommandSpec command) {
    return command.options().stream().filter(option -> !option.hidden()).toList();
  }

  /** Returns where the option belongs: its own annotation, or that of the class around it. */
  private static InHelp place(OptionSpec option) {
    Field field = (Field) option.userObject();
    InHelp own = field.getAnnotation(InHelp.class);
    InHelp shared = field.getDeclaringClass().getAnnotation(InHelp.class);
    if (own == null && shared == null) {
      return Unplaced.class.getAnnotation(InHelp.class);
    }
    return own == null ? shared : own;
  }

  /** Carries the values of an option without annotation. */
  @InHelp
  private static final class Unplaced {}

  /** Lists options, with the columns as wide as {@code all} options need. */
  private static String list(
      Help help, List<OptionSpec> all, List<OptionSpec> options, UnaryOperator<String> shorten) {
    Help.Layout layout = layout(help, all);
    for (OptionSpec option : options) {
      layout.addOption(
          current(option).description(shorten.apply(description(option))).build(),
          help.createDefaultParamLabelRenderer());
    }
    return layout.toString();
  }

  private static Help.Layout layout(Help help, List<OptionSpec> options) {
    return help.createDefaultLayout(
        options.stream().map(option -> current(option).build()).toList(),
        help.commandSpec().positionalParameters(),
        help.colorScheme());
  }

  private static OptionSpec.Builder current(OptionSpec option) {
    return OptionSpec.builder(option).names(FormerNames.current(option).toArray(String[]::new));
  }

  private static String description(ArgSpec argument) {
    String text = String.join(" ", argument.description());
    if (argument instanceof OptionSpec option && !option.typeInfo().isBoolean()) {
      text += defaultOf(option).map(value -> " [default: " + value + "]").orElse("");
    }
    return text + (VariableNames.isRegular(argument) ? "" : variable(argument));
  }

  private static String variable(ArgSpec argument) {
    return VariableNames.current(argument).map(name -> " [env: " + name + "]").orElse("");
  }

  private static String firstSentence(String text) {
    int end = text.indexOf(". ");
    return end < 0 ? text : text.substring(0, end + 1);
  }

  private static String examples(CommandSpec command) {
    var text = new StringBuilder();
    Examples examples = command.userObject().getClass().getAnnotation(Examples.class);
    if (examples != null) {
      text.append(line("")).append(line("Examples:"));
      for (String example : examples.value()) {
        text.append(line("  " + example));
      }
    }
    return text.toString();
  }

  private static String line(String text) {
    return text + System.lineSeparator();
  }
}
