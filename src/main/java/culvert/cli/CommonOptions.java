package culvert.cli;

import culvert.config.Secret;
import culvert.observe.Log;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Options that both roles have. */
final class CommonOptions {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--secret",
      paramLabel = "TEXT",
      description =
          "Shared by both sides: each proves that it knows it. Others can see it in the "
              + "process list; CULVERT_SECRET or --secret-file keeps it from them.")
  private String secret;

  @Option(
      names = "--secret-file",
      paramLabel = "FILE",
      description = "Read the secret from this file.")
  private Path secretFile;

  @Option(
      names = "--log-level",
      paramLabel = "LEVEL",
      defaultValue = "info",
      description = "error, warn, info or debug (default: info).")
  private Log.Level logLevel;

  @Option(
      names = "--log-format",
      paramLabel = "FORMAT",
      defaultValue = "text",
      description = "text or json (default: text).")
  private Log.Format logFormat;

  @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
  private boolean help;

  /**
   * The secret, if one is set.
   *
   * @throws IllegalArgumentException if both ways to set it are used at once, or the file is no
   *     good
   */
  Optional<Secret> secret() {
    var given = spec.commandLine().getParseResult();
    boolean text = given.hasMatchedOption("--secret");
    boolean file = given.hasMatchedOption("--secret-file");
    if (text == file && secret != null && secretFile != null) {
      throw new IllegalArgumentException("--secret and --secret-file are both given; keep one");
    }
    if (secretFile != null && !text) {
      return Optional.of(Secret.read(secretFile));
    }
    return Optional.ofNullable(secret).map(Secret::of);
  }

  Log log(String role, Terminal terminal) {
    return new Log(logLevel, logFormat, role, terminal.err(), Clock.systemUTC());
  }
}
