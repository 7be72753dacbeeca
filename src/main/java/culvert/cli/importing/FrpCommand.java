package culvert.cli.importing;

import culvert.cli.option.Examples;
import culvert.cli.option.StandardOptions;
import culvert.cli.process.Terminal;
import culvert.config.toml.Problem;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Converts a file of frp. */
@Command(
    name = "frp",
    sortOptions = false,
    customSynopsis = "culvert import frp FILE",
    description = {
      "Convert a TOML file of frps or frpc.",
      "",
      "A file of frpc becomes one file with the blocks of both sides, because its services are"
          + " opened by the remote proxy. frp's token becomes the secret."
    })
@Examples({"culvert import frp frpc.toml", "culvert import frp frps.toml > server.toml"})
public final class FrpCommand implements Callable<Integer> {

  private final Terminal terminal;
  private final Function<String, List<Problem>> check;

  @Parameters(index = "0", paramLabel = "FILE", description = "File of frp.")
  private Path file;

  @Mixin private StandardOptions standard;

  /**
   * Creates a command that prints on standard output.
   *
   * @param check returns the problems of a file that is printed, as {@link Importer#print} needs it
   */
  public FrpCommand(Terminal terminal, Function<String, List<Problem>> check) {
    this.terminal = terminal;
    this.check = check;
  }

  @Override
  public Integer call() {
    return Importer.print(FrpImport.of(file), check, terminal);
  }
}
