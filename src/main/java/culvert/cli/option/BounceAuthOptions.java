package culvert.cli.option;

import culvert.config.BounceAuthentication;
import culvert.config.FilePermissions;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What a bounce server wants to hear first, on either side of it. */
public final class BounceAuthOptions {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--auth",
      paramLabel = "TEXT",
      description =
          "What members say to the bounce server before they are let in. Others can see it in the "
              + "process list; CULVERT_AUTH or --auth-file keeps it from them.")
  private String text;

  @Option(
      names = "--auth-file",
      paramLabel = "FILE",
      description =
          "Read that from this file: any bytes, of which a line end behind them does not count.")
  private Path file;

  /**
   * What is set, if anything is.
   *
   * @throws IllegalArgumentException if both ways to set it are used at once, or the file is no
   *     good
   */
  public Optional<BounceAuthentication> authentication() {
    return choose(spec, "--auth", text, file);
  }

  /** What is not wrong but should be better. */
  public Optional<String> advice() {
    return Optional.ofNullable(file).flatMap(given -> FilePermissions.of("--auth-file", given));
  }

  /**
   * The text, or what the file holds; what stands on the command line beats variables.
   *
   * @param option the name of the text's option; the file's ends with {@code -file}
   */
  static Optional<BounceAuthentication> choose(
      CommandSpec spec, String option, String text, Path file) {
    if (new TextOrFile(option, option + "-file").isFile(spec, text != null, file != null)) {
      return Optional.of(BounceAuthentication.read(file));
    }
    return Optional.ofNullable(text).map(BounceAuthentication::of);
  }
}
