package culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.cli.option.FileSettings;
import culvert.cli.process.Stop;
import culvert.cli.process.Terminal;
import culvert.config.FileFingerprint;
import culvert.config.OriginSettings;
import culvert.config.RemoteSettings;
import culvert.config.toml.Key;
import culvert.config.toml.Kind;
import culvert.config.toml.Role;
import culvert.config.toml.SettingsFile;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** The rules state for each number, time and switch of a role what a reload does with it. */
class ReloadRulesTest {

  private static final String SERVER =
      "[server]\nbind_addr = \"127.0.0.1:0\"\nservices.web.bind_addr = \"127.0.0.1:0\"\n"
          + "clients.web.secret = \"0123456789abcdef\"\nclients.web.services = \"*\"\n";
  private static final String CLIENT =
      "[client]\nremote_addr = \"127.0.0.1:1\"\nname = \"a\"\n"
          + "services.web.local_addr = \"127.0.0.1:1\"\nhealth_check = \"tcp\"\n";

  /** A value of each type that is valid for every key and the default of none. */
  private static final Map<Kind, String> VALUES =
      Map.of(
          Kind.INTEGER, "7",
          Kind.DURATION, "\"13s\"",
          Kind.SIZE, "\"33M\"",
          Kind.BOOLEAN, "true");

  static List<Arguments> keys() {
    return List.of(Role.SERVER, Role.CLIENT).stream()
        .flatMap(role ->
            SettingsFiles.layouts().get(role).keys().values().stream()
                .filter(key -> key.setting().isPresent() && VALUES.containsKey(key.kind()))
                .map(key -> Arguments.of(role, key)))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("keys")
  void runningValueIsKeptIfTheRuleSaysSo(Role role, Key key) {
    String text = role == Role.SERVER ? SERVER : CLIENT;
    RoleCommand running = parsed(role, text);
    RoleCommand changed =
        parsed(role, text + key.path().replace("*", "web") + " = " + VALUES.get(key.kind()) + "\n");
    boolean isKept = ReloadRules.effect(role, key.setting().get()) == ReloadRules.Effect.NEXT_START;
    assertThat(hasRunningValues(running, changed)).as(key.path()).isEqualTo(isKept);
  }

  private static boolean hasRunningValues(RoleCommand running, RoleCommand changed) {
    return switch (running) {
      case RemoteProxyCommand remote -> {
        RemoteSettings before = remote.settings();
        RemoteSettings after = ((RemoteProxyCommand) changed).settings();
        assertThat(after).isNotEqualTo(before);
        yield after.keeping(before).equals(before);
      }
      case OriginProxyCommand origin -> {
        OriginSettings before = origin.settings();
        OriginSettings after = ((OriginProxyCommand) changed).settings();
        assertThat(after).isNotEqualTo(before);
        yield after.keeping(before).equals(before);
      }
      default -> throw new AssertionError(running);
    };
  }

  private static RoleCommand parsed(Role role, String text) {
    var terminal =
        new Terminal(
            InputStream.nullInputStream(),
            System.out,
            System.err,
            Map.of(),
            new Stop(),
            action -> {});
    var file = SettingsFile.parse(Path.of("file.toml"), text, SettingsFiles.layouts(), Map.of());
    FileSettings settings =
        FileSettings.of(
            SettingsFiles.command(role),
            file.file(),
            new FileFingerprint(""),
            file.blocks().get(role));
    CommandLine command = SettingsFiles.commandLine(terminal, settings, role);
    command.getCommandSpec().root().commandLine().parseArgs(SettingsFiles.command(role));
    return command.getCommand();
  }
}
