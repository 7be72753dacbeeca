package culvert.cli.option;

import culvert.config.BoreSecret;
import culvert.config.BoreServerSettings;
import culvert.config.FilePermissions;
import culvert.config.Secret;
import culvert.net.HostPort;
import culvert.setting.Setting;
import culvert.setting.SettingException;
import culvert.setting.SettingMessage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Options of a remote proxy that also serves clients of bore. */
@InHelp(HelpGroup.SECURITY)
public final class BoreListenerOptions {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--bore-addr",
      paramLabel = "[HOST:]PORT",
      converter = AddressForms.Listening.class,
      description =
          "Listen here for bore clients; bore itself always connects to port 7835. A port without"
              + " a host is on every address. bore's protocol"
              + " is not encrypted: anyone on the network path can read the traffic. Needs"
              + " --port-range.")
  @InHelp(HelpGroup.ADDRESSES)
  private HostPort address;

  @Option(
      names = "--bore-secret",
      paramLabel = "TEXT",
      description =
          "Secret of bore clients. Text on the command line is visible in the process list; use "
              + "--bore-secret-file or CULVERT_BORE_SECRET instead. [default: the secret of origin "
              + "proxies]")
  private String text;

  @Option(
      names = "--bore-secret-file",
      paramLabel = "FILE",
      description =
          "Read the secret of bore clients from this file. White space around it is ignored.")
  private Path file;

  /** Returns whether clients of bore have an address of their own. */
  public boolean hasAddress() {
    return address != null;
  }

  /**
   * Returns the settings, if clients of bore are served.
   *
   * @param isAtControl whether they are served at the control address
   * @param others the secrets of origin proxies
   * @throws IllegalArgumentException if a secret is set and no client is served, or its file is
   *     invalid
   */
  public Optional<BoreServerSettings> settings(boolean isAtControl, List<Secret> others) {
    if (address == null && !isAtControl) {
      if (text != null || file != null) {
        throw new SettingException(
            "%s has no effect without %s or %s native,bore",
            text == null ? TextOrFile.BORE_SECRET.file() : TextOrFile.BORE_SECRET.text(),
            Setting.BORE_ADDR,
            Setting.PROTOCOL);
      }
      return Optional.empty();
    }
    return Optional.of(new BoreServerSettings(Optional.ofNullable(address), secrets(others)));
  }

  private List<BoreSecret> secrets(List<Secret> others) {
    if (TextOrFile.BORE_SECRET.isFile(spec, text != null, file != null)) {
      return List.of(Secret.read(Setting.BORE_SECRET_FILE, file).forBore());
    }
    return text == null
        ? others.stream().map(Secret::forBore).toList()
        : List.of(BoreSecret.of(Setting.BORE_SECRET, text));
  }

  /**
   * Returns warnings about settings that are valid but weak.
   *
   * @param isAtControl whether clients of bore are served at the control address
   */
  public List<SettingMessage> advice(boolean isAtControl, List<Secret> others) {
    var lines = new ArrayList<SettingMessage>();
    if (!hasAddress() && !isAtControl) {
      return lines;
    }
    boolean isShared = text == null && file == null;
    if (file != null) {
      FilePermissions.of(Setting.BORE_SECRET_FILE, file).ifPresent(lines::add);
    }
    if (isShared && others.isEmpty()) {
      lines.add(
          SettingMessage.of(
              "NO SECRET IS SET for bore clients: any client that can reach %s can open ports"
                  + " here; set %s",
              addresses(isAtControl),
              ConfigOption.waysToSet(spec, Setting.BORE_SECRET, Setting.BORE_SECRET_FILE)));
    }
    if (isShared && others.stream().anyMatch(Secret::isTyped)) {
      lines.add(
          SettingMessage.of(
              "bore clients prove the secret of origin proxies without encryption: a recorded login"
                  + " allows fast guesses; set %s, or use a secret from 'culvert keygen'",
              Setting.BORE_SECRET));
    }
    return lines;
  }

  private Object addresses(boolean isAtControl) {
    if (!hasAddress()) {
      return Setting.CONTROL_ADDR;
    }
    return isAtControl
        ? SettingMessage.of("%s or %s", Setting.CONTROL_ADDR, Setting.BORE_ADDR)
        : Setting.BORE_ADDR;
  }
}
