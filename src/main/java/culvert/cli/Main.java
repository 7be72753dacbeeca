package culvert.cli;

import culvert.cli.demo.DemoCommand;
import culvert.cli.demo.TrainCommand;
import culvert.cli.option.Converters;
import culvert.cli.option.Environment;
import culvert.cli.option.HelpPage;
import culvert.cli.option.WrittenName;
import culvert.cli.process.ExitCode;
import culvert.cli.process.HangUp;
import culvert.cli.process.InteractiveTerminal;
import culvert.cli.process.Signals;
import culvert.cli.process.Stop;
import culvert.cli.process.Terminal;
import culvert.setting.SettingException;
import java.security.Security;
import picocli.CommandLine;

/** The entry point of every process. */
public final class Main {

  private Main() {}

  /** Runs the command line and exits with its code. */
  public static void main(String[] args) {
    var stop = new Stop();
    Signals.stopOnTermAndInt(stop);
    HangUp hangUp = Signals.handleHangUp(stop);
    limitNameCache();
    var terminal =
        new Terminal(
            System.in,
            System.out,
            System.err,
            System.getenv(),
            stop,
            hangUp,
            InteractiveTerminal::ofProcess);
    System.exit(run(terminal, args));
  }

  /**
   * Limits the JDK's cache of host names, because an address may change during an outage: by
   * default it keeps an address for 30 seconds and a failure for 10. The system's resolver has a
   * cache of its own.
   */
  private static void limitNameCache() {
    Security.setProperty("networkaddress.cache.ttl", "1");
    Security.setProperty("networkaddress.cache.negative.ttl", "0");
  }

  /** Runs one command line to its end and returns the exit code. */
  static int run(Terminal terminal, String... args) {
    CommandLine root = commandLine(terminal);
    return root.execute(HelpWords.toOption(root, args));
  }

  /** Returns the root command with all subcommands. */
  public static CommandLine commandLine(Terminal terminal) {
    var root = new CommandLine(new CulvertCommand());
    root.addSubcommand(new RemoteProxyCommand(terminal));
    root.addSubcommand(new OriginProxyCommand(terminal));
    root.addSubcommand(new BounceServerCommand(terminal));
    root.addSubcommand(new DemoCommand(terminal));
    root.addSubcommand(new KeygenCommand(terminal));
    root.addSubcommand(
        new CommandLine(new BounceCommand()).addSubcommand(new BounceConnectCommand(terminal)));
    root.addSubcommand(
        new CommandLine(new BoreCommand())
            .addSubcommand(new BoreLocalCommand(terminal))
            .addSubcommand(new BoreServerCommand(terminal)));
    root.addSubcommand(new TrainCommand(terminal, Main::run));
    configure(root, terminal);
    return root;
  }

  /** Sets what all commands share; picocli applies it to those that are already added. */
  private static void configure(CommandLine root, Terminal terminal) {
    var environment = new Environment(terminal.environment());
    var errors = new UsageErrors(terminal.err(), environment);
    Converters.register(root);
    HelpPage.install(root);
    setVersion(root);
    // A secret is used as it is: nothing in it names a variable or a file.
    root.setInterpolateVariables(false);
    root.setExpandAtFiles(false);
    root.setDefaultValueProvider(environment);
    root.setParameterExceptionHandler(errors);
    root.setExecutionExceptionHandler((e, command, result) -> failed(terminal, command, e));
    root.setExecutionStrategy(new Execution(terminal, errors));
  }

  private static void setVersion(CommandLine command) {
    command.getCommandSpec().versionProvider(new Version());
    command.getSubcommands().values().forEach(Main::setVersion);
  }

  private static int failed(Terminal terminal, CommandLine command, Exception e) throws Exception {
    if (e instanceof IllegalArgumentException) {
      String message =
          e instanceof SettingException invalid
              ? invalid.message(WrittenName.in(command.getCommandSpec()))
              : e.getMessage();
      terminal.err().println(UsageErrors.name(command) + ": " + message);
      return ExitCode.SETTINGS.code();
    }
    throw e;
  }
}
