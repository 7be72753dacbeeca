package culvert.cli.option;

import culvert.config.BoreSecret;
import culvert.config.BoreServerSettings;
import culvert.config.FilePermissions;
import culvert.config.Secret;
import culvert.net.HostPort;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How a remote proxy serves clients of bore's besides its own. */
public final class BoreClientsOptions {

  private static final String SECRET = "--bore-secret";
  private static final String SECRET_FILE = SECRET + "-file";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--bore-addr",
      paramLabel = "HOST:PORT",
      description =
          "Where clients of bore's connect; bore itself knows port 7835 only. It seals nothing: "
              + "everybody on the way can read what passes. Needs --port-range.")
  private HostPort address;

  @Option(
      names = SECRET,
      paramLabel = "TEXT",
      description =
          "What clients of bore's need to know (default: the secret of origin proxies). Others can "
              + "see it in the process list; CULVERT_BORE_SECRET or --bore-secret-file keeps it "
              + "from them.")
  private String text;

  @Option(
      names = SECRET_FILE,
      paramLabel = "FILE",
      description = "Read that from this file; white space around it does not count.")
  private Path file;

  /** Whether they are. */
  public boolean areServed() {
    return address != null;
  }

  /**
   * All of it, if they are.
   *
   * @param others the secrets of origin proxies
   * @throws IllegalArgumentException if there is a secret for nobody, or its file is no good
   */
  public Optional<BoreServerSettings> settings(List<Secret> others) {
    if (address == null && (text != null || file != null)) {
      throw new IllegalArgumentException(
          (text == null ? SECRET_FILE : SECRET) + " means nothing without --bore-addr");
    }
    return Optional.ofNullable(address)
        .map(given -> new BoreServerSettings(given, secrets(others)));
  }

  private List<BoreSecret> secrets(List<Secret> others) {
    return BoreSecretOptions.choose(spec, SECRET, text, file)
        .map(List::of)
        .orElseGet(() -> others.stream().map(Secret::forBore).toList());
  }

  /** What is not wrong but should be better, a line for each. */
  public List<String> advice(List<Secret> others) {
    var lines = new ArrayList<String>();
    if (!areServed()) {
      return lines;
    }
    boolean shares = text == null && file == null;
    if (file != null) {
      FilePermissions.of(SECRET_FILE, file).ifPresent(lines::add);
    }
    if (shares && others.isEmpty()) {
      lines.add(
          "NO SECRET IS SET for clients of bore's: whoever reaches --bore-addr can have a port"
              + " here; set --bore-secret, --bore-secret-file or CULVERT_BORE_SECRET");
    }
    if (shares && others.stream().anyMatch(Secret::isTyped)) {
      lines.add(
          "clients of bore's prove the secret of origin proxies in the open: whoever records that"
              + " can try guesses fast; set --bore-secret, or a secret of 'culvert keygen'");
    }
    return lines;
  }
}
