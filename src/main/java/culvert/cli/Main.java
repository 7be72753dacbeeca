package culvert.cli;

import culvert.cli.option.Converters;
import culvert.cli.option.Environment;
import culvert.cli.option.NearestWord;
import culvert.cli.process.ExitCode;
import culvert.cli.process.InteractiveTerminal;
import culvert.cli.process.Signals;
import culvert.cli.process.Stop;
import culvert.cli.process.Terminal;
import java.io.PrintWriter;
import java.security.Security;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/** Where a process starts. */
public final class Main {

  private static final int HELP_WIDTH = 100;
  private static final int HELP_OPTIONS_WIDTH = 44;

  private Main() {}

  /** Runs the command line and exits with its code. */
  public static void main(String[] args) {
    var stop = new Stop();
    Signals.stopOnTermAndInt(stop);
    lookUpAnew();
    var terminal =
        new Terminal(
            System.in,
            System.out,
            System.err,
            System.getenv(),
            stop,
            Signals::onHangUp,
            InteractiveTerminal::ofProcess);
    System.exit(run(terminal, args));
  }

  /**
   * A name's address may change while an outage lasts: the JDK would keep what it found for half a
   * minute, and that it found nothing for ten seconds. The resolver has a cache of its own.
   */
  private static void lookUpAnew() {
    Security.setProperty("networkaddress.cache.ttl", "1");
    Security.setProperty("networkaddress.cache.negative.ttl", "0");
  }

  /** Runs one command line to its end and returns the exit code. */
  static int run(Terminal terminal, String... args) {
    return commandLine(terminal).execute(args);
  }

  /** All commands, as the help and its test see them too. */
  public static CommandLine commandLine(Terminal terminal) {
    var root = new CommandLine(new CulvertCommand());
    root.addSubcommand(new RemoteProxyCommand(terminal));
    root.addSubcommand(new OriginProxyCommand(terminal));
    root.addSubcommand(new BounceServerCommand(terminal));
    root.addSubcommand(new DemoCommand(terminal));
    root.addSubcommand(new KeygenCommand(terminal));
    root.addSubcommand(
        new CommandLine(new BounceCommand(terminal))
            .addSubcommand(new BounceConnectCommand(terminal)));
    root.addSubcommand(
        new CommandLine(new BoreCommand(terminal))
            .addSubcommand(new BoreLocalCommand(terminal))
            .addSubcommand(new BoreServerCommand(terminal)));
    root.addSubcommand(new TrainCommand(terminal));
    Converters.register(root);
    // A secret is taken as it is: nothing in it names a variable or a file.
    root.setInterpolateVariables(false);
    root.setExpandAtFiles(false);
    root.setOut(new PrintWriter(terminal.out(), true));
    root.setErr(new PrintWriter(terminal.err(), true));
    root.setDefaultValueProvider(new Environment(terminal.environment()));
    root.setUsageHelpWidth(HELP_WIDTH);
    root.setUsageHelpLongOptionsMaxWidth(HELP_OPTIONS_WIDTH);
    root.setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF));
    root.setParameterExceptionHandler((e, arguments) -> misused(terminal, e, arguments));
    root.setExecutionExceptionHandler((e, command, result) -> failed(terminal, command, e));
    root.setExecutionStrategy(result -> {
      if (!result.hasSubcommand()
          && !result.isUsageHelpRequested()
          && !result.isVersionHelpRequested()) {
        root.usage(terminal.err());
        return ExitCode.USAGE.code();
      }
      return new CommandLine.RunLast().execute(result);
    });
    return root;
  }

  private static int misused(Terminal terminal, ParameterException e, String[] arguments) {
    CommandLine command = e.getCommandLine();
    // A mistyped option is the cause; what it leaves missing only follows from it.
    List<String> strays = command.getUnmatchedArguments();
    String what = strays.isEmpty() ? words(e, arguments) : unmatched(command, strays);
    String hint = "see '" + command.getCommandSpec().qualifiedName() + " --help'";
    String origin = origin(terminal, e, arguments);
    terminal.err().println(whole(command) + ": " + what + origin + "; " + hint);
    return ExitCode.USAGE.code();
  }

  /** A role's name stands alone; a command within a command has both. */
  private static String whole(CommandLine command) {
    String name = command.getCommandSpec().qualifiedName();
    return name.substring(name.indexOf(' ') + 1);
  }

  /** picocli's own words, but where they would repeat the next argument: it may be a secret. */
  private static String words(ParameterException e, String[] arguments) {
    if (!(e instanceof MissingParameterException missing)) {
      return e.getMessage();
    }
    for (ArgSpec argument : missing.getMissing()) {
      if (argument instanceof OptionSpec option && given(option, arguments)) {
        return "option " + option.longestName() + " needs a value";
      }
    }
    return missing.getMissing().stream()
        .map(Main::name)
        .collect(Collectors.joining(" and ", "missing ", ""));
  }

  private static String name(ArgSpec argument) {
    return argument instanceof OptionSpec option
        ? option.longestName() + " " + argument.paramLabel()
        : argument.paramLabel();
  }

  private static boolean given(OptionSpec option, String[] arguments) {
    return Arrays.stream(option.names())
        .anyMatch(name ->
            Arrays.stream(arguments).anyMatch(a -> a.equals(name) || a.startsWith(name + "=")));
  }

  /** Names nothing but what looks like a mistyped option: any other stray may be a secret. */
  private static String unmatched(CommandLine command, List<String> strays) {
    List<String> options =
        strays.stream()
            .filter(argument -> argument.matches("--[a-z-]+(=.*)?"))
            .map(argument -> argument.split("=", 2)[0])
            .filter(option -> !option.matches("--(secret|auth|bounce-auth|bore-secret)[a-z].*"))
            .toList();
    if (options.isEmpty()) {
      List<String> near = NearestWord.to(strays.getFirst(), command.getSubcommands().keySet());
      return near.isEmpty()
          ? "unexpected argument"
          : "unknown command; did you mean " + near.getFirst() + "?";
    }
    List<String> near =
        NearestWord.to(options.getFirst(), command.getCommandSpec().optionsMap().keySet());
    return "unknown option "
        + options.getFirst()
        + (near.isEmpty() ? "" : "; did you mean " + near.getFirst() + "?");
  }

  /** A bad value may have come from a variable, and then the command line does not show it. */
  private static String origin(Terminal terminal, ParameterException e, String[] arguments) {
    if (!(e.getArgSpec() instanceof OptionSpec option)) {
      return "";
    }
    String variable = Environment.variable(option);
    return terminal.environment().containsKey(variable) && !given(option, arguments)
        ? " (from " + variable + ")"
        : "";
  }

  private static int failed(Terminal terminal, CommandLine command, Exception e) throws Exception {
    if (e instanceof IllegalArgumentException) {
      terminal.err().println(whole(command) + ": " + e.getMessage());
      return ExitCode.SETTINGS.code();
    }
    throw e;
  }
}
