package culvert.cli.option;

import culvert.cli.process.Terminal;
import culvert.config.FilePermissions;
import culvert.config.Secret;
import culvert.config.TransportKind;
import culvert.config.TransportSettings;
import culvert.config.WebSocketSettings;
import culvert.observe.Log;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Options that both roles have. */
public final class CommonOptions {

  private static final TextOrFile WAYS = new TextOrFile("--secret", "--secret-file");

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
      split = ",",
      hideParamSyntax = true,
      description =
          "Read the secret from this file. A remote proxy may be given several: any of them lets "
              + "in, so that one can be replaced while the other still holds.")
  private List<Path> secretFiles = List.of();

  @Option(
      names = "--transport",
      paramLabel = "KIND",
      description =
          "What wraps the connection between the halves: noise, sealed with the secret or with "
              + "keys; tls; ws or wss, a WebSocket, sealed likewise within; plain, which everybody "
              + "on the way can read. Both sides need the same; but where a web server in front of "
              + "the remote proxy takes care of TLS, wss at the origin proxy meets ws here "
              + "(default: noise with a secret, else plain).")
  private TransportKind transport;

  @Option(
      names = "--ws-path",
      paramLabel = "PATH",
      defaultValue = "/",
      description = "Where the WebSocket is, on both sides (default: /).")
  private String path;

  @Mixin private NoiseOptions noise;

  /** Null before they were asked for: their files are read once. */
  private List<Secret> secrets;

  @Mixin private LogOptions logs;

  @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
  private boolean help;

  /**
   * The secrets that are set, each to be as good as the others.
   *
   * @throws IllegalArgumentException if both ways to set one are used at once, or a file is no good
   */
  public List<Secret> secrets() {
    if (secrets == null) {
      secrets = read();
    }
    return secrets;
  }

  private List<Secret> read() {
    if (WAYS.isFile(spec, secret != null, !secretFiles.isEmpty())) {
      return secretFiles.stream().map(Secret::read).toList();
    }
    return secret == null ? List.of() : List.of(Secret.of(secret));
  }

  /**
   * The same for a side that can have one only.
   *
   * @throws IllegalArgumentException if there are several
   */
  public Optional<Secret> secret() {
    List<Secret> all = secrets();
    if (all.size() > 1) {
      throw new IllegalArgumentException(
          "--secret-file is given more than once; an origin proxy has one secret");
    }
    return all.stream().findFirst();
  }

  /**
   * What wraps the connection between the halves.
   *
   * @param host what a WebSocket's Host header says, if it is not the address dialled
   */
  public TransportSettings transport(String host) {
    return new TransportSettings(
        Optional.ofNullable(transport),
        noise.settings(),
        new WebSocketSettings(path, Optional.ofNullable(host)));
  }

  /** What is not wrong but should be better, a line for each. */
  public List<String> advice() {
    var lines = new ArrayList<String>();
    secretFiles.forEach(file -> FilePermissions.of("--secret-file", file).ifPresent(lines::add));
    noise
        .keyFile()
        .flatMap(file -> FilePermissions.of("--noise-key-file", file))
        .ifPresent(lines::add);
    if (secrets().stream().anyMatch(Secret::isShort)) {
      lines.add(
          "the secret is short: whoever records a login can find it by guessing;"
              + " 'culvert keygen' prints one that nobody can guess");
    }
    return lines;
  }

  public Log log(String role, Terminal terminal) {
    return logs.log(role, terminal);
  }
}
