package culvert.cli;

import culvert.cli.process.ExitCode;
import culvert.cli.process.Terminal;
import culvert.config.Secret;
import culvert.noise.NoiseKeyPair;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Prints a new secret, or a new pair of keys. */
@Command(
    name = KeygenCommand.NAME,
    sortOptions = false,
    customSynopsis = "culvert keygen [OPTION]",
    description =
        "Print a new secret of 256 bits for --secret-file, CULVERT_SECRET or --secret of both "
            + "sides.")
final class KeygenCommand implements Callable<Integer> {

  static final String NAME = "keygen";

  private final Terminal terminal;

  @Option(
      names = "--noise",
      description =
          "Print a pair of keys for the --noise options instead; 'rathole --genkey' prints the "
              + "same form.")
  private boolean noise;

  @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
  private boolean help;

  KeygenCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    terminal.out().println(noise ? pair() : Secret.generate());
    return ExitCode.OK.code();
  }

  private static String pair() {
    var pair = NoiseKeyPair.generate();
    return "Private Key:\n" + pair.privateText() + "\n\nPublic Key:\n" + pair.publicText();
  }
}
