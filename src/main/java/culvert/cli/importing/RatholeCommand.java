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

/** Converts a file of rathole. */
@Command(
    name = "rathole",
    sortOptions = false,
    customSynopsis = "culvert import rathole FILE",
    description = {
      "Convert a file of rathole to the native protocol.",
      "",
      "A token becomes the secret. Noise with the secret takes the place of rathole's Noise."
    })
@Examples({
  "culvert import rathole client.toml",
  "culvert import rathole server.toml > culvert.toml"
})
public final class RatholeCommand implements Callable<Integer> {

  private final Terminal terminal;
  private final Function<String, List<Problem>> check;

  @Parameters(index = "0", paramLabel = "FILE", description = "File of rathole.")
  private Path file;

  @Mixin private StandardOptions standard;

  /**
   * Creates a command that prints on standard output.
   *
   * @param check returns the problems of a file that is printed, as {@link Importer#print} needs it
   */
  public RatholeCommand(Terminal terminal, Function<String, List<Problem>> check) {
    this.terminal = terminal;
    this.check = check;
  }

  @Override
  public Integer call() {
    return Importer.print(RatholeImport.of(file), check, terminal);
  }
}
