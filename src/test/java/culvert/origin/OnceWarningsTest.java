package culvert.origin;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.setting.Setting;
import culvert.setting.SettingMessage;
import culvert.setting.SettingNames;
import culvert.setting.SettingWarnings;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Warnings about files that the dialects of several remote proxies have in common. */
class OnceWarningsTest {

  private final List<String> lines = new ArrayList<>();
  private final OnceWarnings warnings =
      new OnceWarnings(SettingWarnings.of(SettingNames.FLAGS, lines::add));

  private void warn(String text) {
    warnings.warn(SettingMessage.of("%s: " + text, Setting.TLS_CA));
  }

  @Test
  void warningOfEachRemoteProxyIsLoggedOnce() {
    warn("unreadable");
    warn("unreadable");
    warn("empty");
    assertThat(lines).containsExactly("--tls-ca: unreadable", "--tls-ca: empty");
  }

  @Test
  void warningIsLoggedAgainAfterAReload() {
    warn("unreadable");
    warnings.forget();
    warn("unreadable");
    assertThat(lines).hasSize(2);
  }
}
