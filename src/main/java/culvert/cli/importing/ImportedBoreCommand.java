package culvert.cli.importing;

import culvert.cli.option.Examples;
import culvert.cli.option.GivenOptions;
import culvert.cli.option.StandardOptions;
import culvert.cli.process.ExitCode;
import culvert.cli.process.Terminal;
import culvert.config.toml.Layout;
import culvert.config.toml.Problem;
import culvert.config.toml.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** Converts a command line of bore. */
@Command(
    name = "bore",
    sortOptions = false,
    customSynopsis = "culvert import bore local|server ARGUMENT...",
    description = {
      "Convert a command line of bore to the native protocol.",
      "",
      "'bore local' becomes one file with the blocks of both sides."
    })
@Examples({
  "culvert import bore local 8000 --to bore.example.com --port 9000",
  "culvert import bore server --min-port 20000"
})
public final class ImportedBoreCommand implements Callable<Integer> {

  private final Terminal terminal;
  private final Supplier<CommandLine> commands;
  private final Supplier<Map<Role, Layout>> layouts;
  private final Function<String, List<Problem>> check;
  private CommandSpec spec;

  @Parameters(
      index = "0..*",
      arity = "1..*",
      paramLabel = "ARGUMENT",
      description = "Command line of bore, without the name of the program.")
  private List<String> arguments;

  @Mixin private StandardOptions standard;

  /**
   * Creates a command that prints on standard output.
   *
   * @param commands returns all commands, without variables
   * @param layouts returns the keys of each block
   * @param check returns the problems of a file that is printed, as {@link Importer#print} needs it
   */
  public ImportedBoreCommand(
      Terminal terminal,
      Supplier<CommandLine> commands,
      Supplier<Map<Role, Layout>> layouts,
      Function<String, List<Problem>> check) {
    this.terminal = terminal;
    this.commands = commands;
    this.layouts = layouts;
    this.check = check;
  }

  /** Makes the parser take every argument after the first as it is. */
  @Spec
  void setSpec(CommandSpec spec) {
    this.spec = spec;
    spec.parser().stopAtPositional(true);
  }

  @Override
  public Integer call() {
    var line = new ArrayList<>(List.of("bore"));
    line.addAll(arguments);
    ParseResult result = commands.get().parseArgs(line.toArray(String[]::new));
    if (GivenOptions.isHelp(result)) {
      spec.commandLine().usage(terminal.out());
      return ExitCode.OK.code();
    }
    SettingsText text = BoreImport.of(GivenOptions.of(result), layouts.get());
    return Importer.print(text, check, terminal);
  }
}
