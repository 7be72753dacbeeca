package culvert.transport.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.config.TlsIdentity;
import culvert.config.TlsServerSettings;
import culvert.config.TlsTrust;
import culvert.protocol.PeerNames;
import culvert.testing.TestAuthority;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of trusted authorities, and the messages for files that cannot be used. */
class AuthorityLoaderTest {

  private static final TlsTrust PIN = TlsTrust.Pins.of("ab".repeat(32));

  @TempDir private Path folder;

  private static List<X509Certificate> load(TlsTrust trust) {
    return AuthorityLoader.load(trust, PeerNames.REMOTE_PROXY);
  }

  @Test
  void fileMayHoldSeveralAuthorities() throws Exception {
    var one = new TestAuthority("One").own();
    var two = new TestAuthority("Two").own();
    Path both =
        Files.writeString(
            folder.resolve("ca.pem"),
            Files.readString(one.writeChain(folder.resolve("one.pem")))
                + Files.readString(two.writeChain(folder.resolve("two.pem"))));
    assertThat(load(new TlsTrust.Authorities(both)))
        .containsExactly(one.certificate(), two.certificate());
    assertThat(load(new TlsTrust.SystemStore(Optional.of(both)))).hasSize(2);
  }

  @Test
  void pinReadsNoFile() {
    assertThat(load(PIN)).isEmpty();
    assertThat(AuthorityLoader.files(PIN)).isEmpty();
  }

  @Test
  void messageNamesOptionAndFileThatCannotBeRead() {
    Path missing = folder.resolve("missing");
    assertThatThrownBy(() -> load(new TlsTrust.Authorities(missing)))
        .hasMessage("--tls-ca " + missing + ": there is no such file");
    assertThatThrownBy(() -> load(new TlsTrust.SystemStore(Optional.of(missing))))
        .hasMessage("SSL_CERT_FILE " + missing + ": there is no such file");
    var server = new TlsServerSettings(new TlsIdentity.Pem(missing, missing), Optional.of(missing));
    assertThatThrownBy(() -> AuthorityLoader.load(server))
        .hasMessage("--tls-client-ca " + missing + ": there is no such file");
  }

  @Test
  void oversizedFileIsNotReadWhole() throws Exception {
    Path large = Files.write(folder.resolve("large"), new byte[(4 << 20) + 1]);
    assertThatThrownBy(() -> load(new TlsTrust.Authorities(large)))
        .hasMessageStartingWith("--tls-ca " + large + ": the file exceeds 4 MiB");
  }
}
