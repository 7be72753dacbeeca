package culvert.setting;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class SettingMessageTest {

  private static final SettingNames VARIABLES = setting -> Optional.of(setting.variable());

  @Test
  void messageWithinMessageNamesSettingsAsWritten() {
    var inner = SettingMessage.of("%s %s: expired", Setting.TLS_CERT, "100%.pem");
    var outer = SettingMessage.of("%s; see %s", inner, Setting.TLS_KEY);
    assertThat(outer).hasToString("--tls-cert 100%.pem: expired; see --tls-key");
    assertThat(outer.text(VARIABLES))
        .isEqualTo("CULVERT_TLS_CERT 100%.pem: expired; see CULVERT_TLS_KEY");
  }

  @Test
  void messageOfExceptionIsItsTextOrNamesItsSettings() {
    var other = SettingMessage.of(new IllegalArgumentException("50 % is --tls-ca"));
    assertThat(other.text(VARIABLES)).isEqualTo("50 % is --tls-ca");
    var invalid = SettingMessage.of(new SettingException("%s: unused", Setting.TLS_CA));
    assertThat(invalid.text(VARIABLES)).isEqualTo("CULVERT_TLS_CA: unused");
  }
}
