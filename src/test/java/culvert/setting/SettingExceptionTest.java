package culvert.setting;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SettingExceptionTest {

  private static final SettingNames VARIABLES =
      named(Map.of(Setting.TLS_CA, "CULVERT_TLS_CA", Setting.TLS_PIN, "CULVERT_TLS_PIN"));

  private static SettingNames named(Map<Setting, String> names) {
    return setting -> Optional.ofNullable(names.get(setting));
  }

  @Test
  void messageNamesSettingsAsWrittenAndOthersByTheOption() {
    var invalid = new SettingException("%s needs %s", Setting.TLS_CA, Setting.TRANSPORT);
    assertThat(invalid).hasMessage("--tls-ca needs --transport");
    assertThat(invalid.settingMessage().text(VARIABLES))
        .isEqualTo("CULVERT_TLS_CA needs --transport");
  }

  @Test
  void messageNamesOfCandidatesThoseThatAreSet() {
    var invalid =
        new SettingException(
            "%s: unused", Candidates.of(Setting.TLS_CA, Setting.TLS_KEY, Setting.TLS_PIN));
    assertThat(invalid).hasMessage("--tls-ca, --tls-key or --tls-pin: unused");
    assertThat(invalid.settingMessage().text(VARIABLES))
        .isEqualTo("CULVERT_TLS_CA and CULVERT_TLS_PIN: unused");
    var one = named(Map.of(Setting.TLS_KEY, "CULVERT_TLS_KEY"));
    assertThat(invalid.settingMessage().text(one)).isEqualTo("CULVERT_TLS_KEY: unused");
  }

  @Test
  void valuesAreNotParsedAsFormat() {
    var invalid = new SettingException("%s: '%s'", Setting.WS_PATH, "/%s%20");
    assertThat(invalid).hasMessage("--ws-path: '/%s%20'");
    assertThat(invalid.settingMessage().text(VARIABLES)).isEqualTo("--ws-path: '/%s%20'");
  }

  @Test
  void exceptionAboutOtherSettingsKeepsTheTextAndTheCause() {
    var invalid = new SettingException(new IOException("x"), "cannot read %s a", Setting.TLS_CA);
    assertThat(invalid).hasRootCauseMessage("x");
    var other = invalid.about(setting -> Setting.BOUNCE_TLS_CA);
    assertThat(other).hasMessage("cannot read --bounce-tls-ca a").hasRootCauseMessage("x");
  }
}
