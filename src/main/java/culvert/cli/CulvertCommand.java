package culvert.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;

/** The command that holds the others. */
@Command(
    name = "culvert",
    customSynopsis = "culvert COMMAND [OPTION]...",
    description =
        "A self-hosted tunnel: makes a server that nobody can reach one that everybody can.",
    versionProvider = CulvertCommand.Version.class,
    footer = {
      "",
      "Every option can also be a variable, as CULVERT_CONTROL_ADDR for --control-addr; the option",
      "on the command line wins. Durations are written 500ms, 10s, 2m or 1h.",
      "",
      "Exit codes: 0 stopped, 1 failed while running, 2 wrong usage, 69 remote proxy unreachable",
      "with --fail-fast or group not joined, 76 replaced by another process of the same name, 77",
      "credentials refused, 78 bad settings. A second TERM or INT ends at once, with 143 or 130."
    })
final class CulvertCommand {

  @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
  private boolean help;

  @Option(names = "--version", versionHelp = true, description = "Show the version and exit.")
  private boolean version;

  /** Reads the version that Maven has written; it is the same within and without a module. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() throws IOException {
      try (InputStream in = CulvertCommand.class.getResourceAsStream("version.txt")) {
        String number = new String(in.readAllBytes(), StandardCharsets.US_ASCII).strip();
        return new String[] {"culvert " + number};
      }
    }
  }
}
