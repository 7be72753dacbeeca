package culvert.cli.option;

import culvert.config.BoreSecret;
import culvert.config.FilePermissions;
import culvert.config.Secret;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The secret of bore's commands, on either side. */
public final class BoreSecretOptions {

  private static final String TEXT = "--secret";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = {"-s", TEXT},
      paramLabel = "SECRET",
      description =
          "Shared by server and client. Others can see it in the process list; the variable or "
              + "--secret-file keeps it from them [env: BORE_SECRET].")
  private String text;

  @Option(
      names = TEXT + "-file",
      paramLabel = "FILE",
      description =
          "Read the secret from this file; white space around it does not count "
              + "[env: BORE_SECRET_FILE].")
  private Path file;

  /**
   * What is set, if anything is.
   *
   * @throws IllegalArgumentException if both ways to set it are used at once, or the file is no
   *     good
   */
  public Optional<BoreSecret> secret() {
    return choose(spec, TEXT, text, file);
  }

  /** What is not wrong but should be better. */
  public Optional<String> advice() {
    return Optional.ofNullable(file).flatMap(given -> FilePermissions.of(TEXT + "-file", given));
  }

  /**
   * The text, or what the file holds; what stands on the command line beats variables.
   *
   * @param option the name of the text's option; the file's ends with {@code -file}
   */
  static Optional<BoreSecret> choose(CommandSpec spec, String option, String text, Path file) {
    if (new TextOrFile(option, option + "-file").isFile(spec, text != null, file != null)) {
      return Optional.of(Secret.read(file).forBore());
    }
    return Optional.ofNullable(text).map(BoreSecret::of);
  }
}
