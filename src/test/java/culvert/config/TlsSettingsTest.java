package culvert.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Fingerprints and server names in TLS settings. */
class TlsSettingsTest {

  private static final String HASH = "00ab" + "cd".repeat(29) + "ff";
  private static final String COLONS =
      HexFormat.ofDelimiter(":").withUpperCase().formatHex(HexFormat.of().parseHex(HASH));

  @Test
  void pinAcceptsEveryFormThatToolsPrint() {
    for (String text :
        new String[] {HASH, COLONS, "sha256 Fingerprint=" + COLONS, " " + HASH + "\n"}) {
      var pin = new TlsTrust.Pin(text);
      assertThat(pin.sha256()).isEqualTo(HASH);
      assertThat(pin.bytes()).isEqualTo(HexFormat.of().parseHex(HASH));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "ab", "sha1 Fingerprint=AB:CD", "zz", ":"})
  void pinRejectsTextThatIsNotASha256Hash(String text) {
    assertThatThrownBy(() -> new TlsTrust.Pin(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(
            "invalid value '" + text + "' for --tls-pin: expected the SHA-256 ");
    assertThatThrownBy(() -> new TlsTrust.Pin(HASH + "0"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.", "under_score", "_", "a_b.example.", "m\u00fcnchen.example", "::1"})
  void serverNameMayHaveUnderscoresAndATrailingDot(String name) {
    var settings =
        new TlsClientSettings(TlsTrust.Pins.of(HASH), Optional.of(name), Optional.empty());
    assertThat(settings.serverName()).contains(name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", ".", "a/b", "a..b", "*.example"})
  void serverNameRejectsTextThatIsNotAHostName(String name) {
    assertThatThrownBy(() ->
            new TlsClientSettings(TlsTrust.Pins.of(HASH), Optional.of(name), Optional.empty()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "invalid value '"
                + name
                + "' for --tls-server-name: expected a host name or an address");
  }

  @ParameterizedTest
  @ValueSource(strings = {"tunnel.example", "localhost", "192.0.2.1", "2001:db8::1"})
  void serverNameAcceptsHostNamesAndAddresses(String name) {
    var settings =
        new TlsClientSettings(TlsTrust.Pins.of(HASH), Optional.of(name), Optional.empty());
    assertThat(settings.serverName()).contains(name);
  }
}
