package culvert.cli;

import culvert.cli.option.Examples;
import culvert.cli.option.InHelp;
import culvert.cli.option.LogOptions;
import culvert.cli.option.StandardOptions;
import culvert.cli.process.ErrorLines;
import culvert.cli.process.ExitCode;
import culvert.cli.process.Terminal;
import culvert.config.Secret;
import culvert.noise.NoiseKeyPair;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Prints a new secret, or a new Noise key pair. */
@Command(
    name = KeygenCommand.NAME,
    sortOptions = false,
    customSynopsis = "culvert keygen [OPTION]",
    description = {
      "Print a new secret or a new Noise key pair.",
      "",
      "The secret has 256 bits. Set it on both sides, with --secret-file, CULVERT_SECRET or"
          + " --secret."
    })
@Examples({"culvert keygen > secret.txt", "culvert keygen --noise"})
final class KeygenCommand implements Callable<Integer> {

  static final String NAME = "keygen";

  private final Terminal terminal;

  @Spec private CommandSpec spec;

  @Option(
      names = "--noise",
      fallbackValue = "true",
      description =
          "Print a key pair for the --noise options instead, in the format of 'rathole --genkey'.")
  @InHelp(isBrief = true)
  private boolean noise;

  @Mixin private StandardOptions standard;

  KeygenCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    ErrorLines lines = LogOptions.errorLines(terminal, List.of());
    LogOptions.advice(spec).forEach(line -> lines.warn(NAME, line));
    terminal.out().println(noise ? pair() : Secret.generate());
    return ExitCode.OK.code();
  }

  private static String pair() {
    var pair = NoiseKeyPair.generate();
    return "Private Key:\n" + pair.privateText() + "\n\nPublic Key:\n" + pair.publicText();
  }
}
