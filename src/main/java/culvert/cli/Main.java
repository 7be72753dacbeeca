package culvert.cli;

import culvert.cli.demo.DemoCommand;
import culvert.cli.demo.TrainCommand;
import culvert.cli.importing.FrpCommand;
import culvert.cli.importing.ImportCommand;
import culvert.cli.importing.ImportedBoreCommand;
import culvert.cli.importing.RatholeCommand;
import culvert.cli.option.Converters;
import culvert.cli.option.Environment;
import culvert.cli.option.FileSettings;
import culvert.cli.option.HelpPage;
import culvert.cli.option.LogOptions;
import culvert.cli.option.WrittenName;
import culvert.cli.process.CommandFailure;
import culvert.cli.process.ErrorLines;
import culvert.cli.process.ExitCode;
import culvert.cli.process.HangUp;
import culvert.cli.process.InteractiveTerminal;
import culvert.cli.process.Signals;
import culvert.cli.process.Stop;
import culvert.cli.process.Terminal;
import culvert.config.toml.Role;
import culvert.observe.Log;
import culvert.setting.SettingMessage;
import culvert.setting.SettingNames;
import java.security.Security;
import java.util.Collection;
import java.util.List;
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
    reportUncaught(LogOptions.errorLines(terminal, List.of(args)));
    System.exit(run(terminal, args));
  }

  /** Keeps an internal error on one line if every line is JSON; otherwise the JVM prints it. */
  private static void reportUncaught(ErrorLines lines) {
    if (lines.isJson()) {
      Thread.setDefaultUncaughtExceptionHandler((thread, e) -> lines.bug(thread.getName(), e));
    }
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
    FileSettings file;
    try {
      file = SettingsFiles.of(terminal, args);
    } catch (InvalidFileException e) {
      return failed(LogOptions.errorLines(terminal, List.of(args)), args[0], e);
    }
    CommandLine root =
        commandLine(terminal, LogOptions.errorLines(terminal, List.of(args), file), file);
    return root.execute(HelpWords.toOption(root, args));
  }

  /** Returns the root command with all subcommands. */
  public static CommandLine commandLine(Terminal terminal) {
    return commandLine(terminal, FileSettings.NONE);
  }

  /** Returns the root command with all subcommands, and the values of a settings file. */
  static CommandLine commandLine(Terminal terminal, FileSettings file) {
    return commandLine(terminal, new ErrorLines(terminal.err(), Log.Format.TEXT), file);
  }

  /** Returns a root command with the commands of these roles, to parse and not to run. */
  static CommandLine roles(Terminal terminal, FileSettings file, Collection<Role> roles) {
    var root = new CommandLine(new CulvertCommand());
    roles.forEach(role -> root.addSubcommand(role(terminal, role)));
    configure(
        root,
        new Environment(terminal.environment(), file),
        terminal,
        new ErrorLines(terminal.err(), Log.Format.TEXT));
    return root;
  }

  private static RoleCommand role(Terminal terminal, Role role) {
    return switch (role) {
      case SERVER -> new RemoteProxyCommand(terminal);
      case CLIENT -> new OriginProxyCommand(terminal);
      case BOUNCE -> new BounceServerCommand(terminal);
    };
  }

  private static CommandLine commandLine(Terminal terminal, ErrorLines errors, FileSettings file) {
    var root = new CommandLine(new CulvertCommand());
    for (Role role : Role.values()) {
      root.addSubcommand(role(terminal, role));
    }
    root.addSubcommand(new RunCommand(terminal, Main::run));
    root.addSubcommand(new CheckCommand(terminal));
    root.addSubcommand(
        new CommandLine(new ImportCommand())
            .addSubcommand(new FrpCommand(terminal, SettingsFiles::problemsOnOtherHosts))
            .addSubcommand(new RatholeCommand(terminal, SettingsFiles::problemsOnOtherHosts))
            .addSubcommand(
                new ImportedBoreCommand(
                    terminal,
                    () -> commandLine(FileCheck.silent()),
                    SettingsFiles::layouts,
                    SettingsFiles::problemsOnOtherHosts)));
    root.addSubcommand(new DemoCommand(terminal));
    root.addSubcommand(new KeygenCommand(terminal));
    root.addSubcommand(
        new CommandLine(new BounceCommand()).addSubcommand(new BounceConnectCommand(terminal)));
    root.addSubcommand(
        new CommandLine(new BoreCommand())
            .addSubcommand(new BoreLocalCommand(terminal))
            .addSubcommand(new BoreServerCommand(terminal)));
    root.addSubcommand(new TrainCommand(terminal, Main::run));
    configure(root, new Environment(terminal.environment(), file), terminal, errors);
    return root;
  }

  /** Sets what all commands share; picocli applies it to those that are already added. */
  private static void configure(
      CommandLine root, Environment environment, Terminal terminal, ErrorLines lines) {
    var errors = new UsageErrors(lines, environment);
    Converters.register(root);
    HelpPage.install(root);
    setVersion(root);
    // A secret is used as it is: nothing in it names a variable or a file.
    root.setInterpolateVariables(false);
    root.setExpandAtFiles(false);
    root.setDefaultValueProvider(environment);
    root.setParameterExceptionHandler(errors);
    root.setExecutionExceptionHandler((e, command, result) -> failed(lines, command, e));
    root.setExecutionStrategy(new Execution(terminal, errors));
  }

  private static void setVersion(CommandLine command) {
    command.getCommandSpec().versionProvider(new Version());
    command.getSubcommands().values().forEach(Main::setVersion);
  }

  private static int failed(ErrorLines lines, String name, InvalidFileException e) {
    e.lines().forEach(line -> lines.error(name, "invalid settings", line));
    return ExitCode.SETTINGS.code();
  }

  private static int failed(ErrorLines lines, CommandLine command, Exception e) {
    String name = UsageErrors.name(command);
    return switch (e) {
      case InvalidFileException invalid -> failed(lines, name, invalid);
      case IllegalArgumentException invalid -> {
        SettingNames names = WrittenName.in(command.getCommandSpec());
        lines.error(name, "invalid settings", SettingMessage.of(invalid).text(names));
        yield ExitCode.SETTINGS.code();
      }
      case CommandFailure failure -> {
        lines.error(name, "command failed", failure.getMessage());
        yield failure.code().code();
      }
      default -> {
        lines.bug(name, e);
        yield ExitCode.FAILURE.code();
      }
    };
  }
}
