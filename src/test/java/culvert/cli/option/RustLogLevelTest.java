package culvert.cli.option;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.cli.Help;
import culvert.observe.Log;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RustLogLevelTest {

  @ParameterizedTest
  @CsvSource({
    "debug, DEBUG",
    "TRACE, DEBUG",
    "info, INFO",
    "warn, WARN",
    "error, ERROR",
    "off, ERROR",
    "bore_cli=debug, DEBUG",
    "bore_cli::client=warn, WARN",
    "culvert=debug, DEBUG",
    "bore_cli, DEBUG",
    "'warn,bore_cli=debug', DEBUG",
    "'warn, hyper=debug', WARN",
    "'debug,bore_cli=warn', WARN",
    "'bore_cli=loud,info', INFO",
    "hyper=debug, ERROR",
    "hyper, ERROR",
    "bore_cli=loud, ERROR"
  })
  void levelIsThatOfTheRelevantDirectives(String text, Log.Level level) {
    assertThat(RustLogLevel.level(text)).contains(level);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " "})
  void blankTextHasNoLevel(String text) {
    assertThat(RustLogLevel.level(text)).isEmpty();
  }

  @Test
  void optionAndItsVariableTakePrecedence() {
    var rust = new Environment(Map.of("RUST_LOG", "debug"));
    var both = new Environment(Map.of("RUST_LOG", "debug", "CULVERT_LOG_LEVEL", "warn"));
    var local = Help.command("bore local").getCommandSpec().findOption("--log-level");
    assertThat(rust.defaultValue(local)).isEqualTo("debug");
    assertThat(both.defaultValue(local)).isEqualTo("warn");
    var ours = Help.command("origin-proxy").getCommandSpec().findOption("--log-level");
    assertThat(rust.defaultValue(ours)).isNull();
  }
}
