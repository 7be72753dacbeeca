package culvert.cli.option;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.cli.Help;
import culvert.protocol.PeerNames;
import culvert.setting.Setting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * Checks that a setting that a message suggests for a connection exists in each command that opens
 * or accepts such a connection.
 */
class SuggestedSettingsTest {

  private static final Path SOURCES = Path.of("src/main/java/culvert");

  /** A use of the table of a peer, such as {@code peer.setting(Setting.TLS_CERT)}. */
  private static final Pattern SUGGESTED =
      Pattern.compile("\\.setting\\(Setting\\.([A-Z0-9_]+)\\)");

  /**
   * A peer, and a command that prints messages about it.
   *
   * @param suggested the settings that these messages may contain
   */
  record Case(PeerNames peer, String command, List<Setting> suggested) {
    @Override
    public String toString() {
      return peer.peer() + " seen from " + command;
    }
  }

  private static final List<Setting> OF_ALL_SIDES =
      List.of(Setting.TLS_CERT, Setting.TLS_KEY, Setting.TLS_PKCS12, Setting.TLS_PASSWORD_FILE);

  private static final List<Setting> OF_DIALLING_SIDE =
      Stream.concat(
              OF_ALL_SIDES.stream(),
              Stream.of(Setting.TLS_CA, Setting.TLS_PIN, Setting.TLS_SERVER_NAME))
          .toList();

  private static final List<Setting> OF_ACCEPTING_SIDE =
      Stream.concat(OF_ALL_SIDES.stream(), Stream.of(Setting.TLS_CLIENT_CA)).toList();

  static final List<Case> CASES =
      List.of(
          new Case(PeerNames.REMOTE_PROXY, "origin-proxy", OF_DIALLING_SIDE),
          new Case(PeerNames.BOUNCE_SERVER_OF_PROXY, "origin-proxy", OF_DIALLING_SIDE),
          new Case(PeerNames.BOUNCE_SERVER_OF_PROXY, "remote-proxy", OF_DIALLING_SIDE),
          new Case(PeerNames.BOUNCE_SERVER, "bounce connect", OF_DIALLING_SIDE),
          new Case(PeerNames.ORIGIN_PROXY, "remote-proxy", OF_ACCEPTING_SIDE),
          new Case(PeerNames.MEMBER, "bounce-server", OF_ACCEPTING_SIDE));

  @ParameterizedTest
  @FieldSource("CASES")
  void suggestedSettingsExist(Case each) {
    var command = Help.command(each.command).getCommandSpec();
    for (Setting suggested : each.suggested) {
      Setting setting = each.peer.setting(suggested);
      assertThat(OptionSettings.find(command, setting)).as(setting.name()).isPresent();
    }
  }

  /** A new suggestion has to be added to the lists above. */
  @Test
  void listsContainAllSettingsThatTheSourcesSuggest() throws IOException {
    var suggested = new TreeSet<String>();
    try (Stream<Path> files = Files.walk(SOURCES)) {
      files
          .filter(file -> file.toString().endsWith(".java"))
          .filter(file -> !file.startsWith(SOURCES.resolve("cli")))
          .forEach(file ->
              SUGGESTED
                  .matcher(read(file))
                  .results()
                  .map((MatchResult match) -> match.group(1))
                  .forEach(suggested::add));
    }
    assertThat(suggested)
        .containsExactlyElementsOf(
            Stream.concat(OF_DIALLING_SIDE.stream(), OF_ACCEPTING_SIDE.stream())
                .map(Setting::name)
                .sorted()
                .distinct()
                .toList());
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
