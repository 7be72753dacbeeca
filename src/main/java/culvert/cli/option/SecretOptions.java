package culvert.cli.option;

import culvert.config.BoreSecret;
import culvert.config.FilePermissions;
import culvert.config.Secret;
import culvert.setting.Setting;
import culvert.setting.SettingException;
import culvert.setting.SettingMessage;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The secret that both sides share. */
@InHelp(value = HelpGroup.SECURITY, isBrief = true)
public final class SecretOptions {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = {"-s", "--secret"},
      paramLabel = "TEXT",
      description =
          "Secret that both sides share and prove to each other. Text on the command line is "
              + "visible in the process list; use --secret-file or the variable instead.")
  private String text;

  @Option(
      names = "--secret-file",
      paramLabel = "FILE",
      split = ",",
      hideParamSyntax = true,
      description =
          "Read the secret from this file. White space around it is ignored. A remote proxy or bore"
              + " server accepts several secrets, so that one can be replaced while the other is"
              + " still valid.")
  private List<Path> files = List.of();

  private boolean isFile() {
    return TextOrFile.SECRET.isFile(spec, text != null, !files.isEmpty());
  }

  /**
   * Reads the secrets of a role, all equally valid.
   *
   * @throws IllegalArgumentException if text and file are both given, or a file is invalid
   */
  List<Secret> secrets() {
    return isFile()
        ? files.stream().map(file -> Secret.read(Setting.SECRET_FILE, file)).toList()
        : Optional.ofNullable(text).map(given -> Secret.of(Setting.SECRET, given)).stream()
            .toList();
  }

  /**
   * Reads the secrets of a bore server. Unlike {@link #secrets}, the text may be empty.
   *
   * @throws IllegalArgumentException if text and file are both given, or a file is invalid
   */
  public List<BoreSecret> boreSecrets() {
    return isFile()
        ? files.stream().map(file -> Secret.read(Setting.SECRET_FILE, file).forBore()).toList()
        : Optional.ofNullable(text).map(given -> BoreSecret.of(Setting.SECRET, given)).stream()
            .toList();
  }

  /**
   * Returns the only one of the secrets of a client, if there is one.
   *
   * @param role the client, for the message
   * @throws IllegalArgumentException if there are several
   */
  public <T> Optional<T> single(List<T> secrets, String role) {
    if (secrets.size() > 1) {
      throw new SettingException(
          "%s is given more than once; %s has one secret", Setting.SECRET_FILE, role);
    }
    return secrets.stream().findFirst();
  }

  /** Returns warnings about files that other users can read. */
  public List<SettingMessage> advice() {
    return files.stream()
        .flatMap(file -> FilePermissions.of(Setting.SECRET_FILE, file).stream())
        .toList();
  }
}
