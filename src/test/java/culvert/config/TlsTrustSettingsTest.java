package culvert.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.protocol.PeerNames;
import culvert.testing.TestAuthority;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** By what a certificate is known, as it is given in settings. */
class TlsTrustSettingsTest {

  private static final String HASH = "00ab" + "cd".repeat(29) + "ff";
  private static final String COLONS =
      HexFormat.ofDelimiter(":").withUpperCase().formatHex(HexFormat.of().parseHex(HASH));

  @TempDir private Path folder;

  @Test
  void aPinIsTakenInEveryFormThatToolsPrint() {
    for (String text :
        new String[] {HASH, COLONS, "sha256 Fingerprint=" + COLONS, " " + HASH + "\n"}) {
      var pin = new TlsTrust.Pin(text);
      assertThat(pin.sha256()).isEqualTo(HASH);
      assertThat(pin.bytes()).isEqualTo(HexFormat.of().parseHex(HASH));
      assertThat(pin.files()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "ab", "sha1 Fingerprint=AB:CD", "zz", ":"})
  void whatIsNoHashIsRefused(String text) {
    assertThatThrownBy(() -> new TlsTrust.Pin(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("--tls-pin: '" + text + "' is no SHA-256 hash of a certificate: ");
    assertThatThrownBy(() -> new TlsTrust.Pin(HASH + "0"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aFileMayHoldSeveralAuthorities() throws Exception {
    var one = new TestAuthority("One").own();
    var two = new TestAuthority("Two").own();
    Path both =
        Files.writeString(
            folder.resolve("ca.pem"),
            Files.readString(one.writeChain(folder.resolve("one.pem")))
                + Files.readString(two.writeChain(folder.resolve("two.pem"))));
    assertThat(new TlsTrust.Authorities(both).authorities(PeerNames.REMOTE_PROXY))
        .containsExactly(one.certificate(), two.certificate());
    assertThat(new TlsTrust.SystemStore(Optional.of(both)).authorities(PeerNames.REMOTE_PROXY))
        .hasSize(2);
  }

  @Test
  void filesThatCannotBeReadAreNamedWithTheirOption() {
    Path missing = folder.resolve("missing");
    assertThatThrownBy(() -> new TlsTrust.Authorities(missing).authorities(PeerNames.REMOTE_PROXY))
        .hasMessage("--tls-ca " + missing + ": there is no such file");
    assertThatThrownBy(() ->
            new TlsTrust.SystemStore(Optional.of(missing)).authorities(PeerNames.REMOTE_PROXY))
        .hasMessage("SSL_CERT_FILE " + missing + ": there is no such file");
    var server = new TlsServerSettings(new TlsIdentity.Pem(missing, missing), Optional.of(missing));
    assertThatThrownBy(server::authorities)
        .hasMessage("--tls-client-ca " + missing + ": there is no such file");
  }

  @Test
  void aFileThatIsFarTooLongIsNotReadWhole() throws Exception {
    Path large = Files.write(folder.resolve("large"), new byte[(4 << 20) + 1]);
    assertThatThrownBy(() -> new TlsTrust.Authorities(large).authorities(PeerNames.REMOTE_PROXY))
        .hasMessageStartingWith("--tls-ca " + large + ": the file is longer than 4 MiB");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "a.", "under_score", "a..b"})
  void aServerNameThatNoCertificateCouldBearIsRefused(String name) {
    assertThatThrownBy(() ->
            new TlsClientSettings(new TlsTrust.Pin(HASH), Optional.of(name), Optional.empty()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("--tls-server-name: '" + name + "' is no host name or address");
  }

  @ParameterizedTest
  @ValueSource(strings = {"tunnel.example", "localhost", "192.0.2.1", "2001:db8::1"})
  void namesAndAddressesAreServerNames(String name) {
    var settings =
        new TlsClientSettings(new TlsTrust.Pin(HASH), Optional.of(name), Optional.empty());
    assertThat(settings.serverName()).contains(name);
  }
}
