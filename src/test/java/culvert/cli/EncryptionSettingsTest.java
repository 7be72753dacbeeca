package culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.TestAuthority;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Unusable files and options of encryption: exit code 78 and a single error line. */
@ExtendWith(LeakCheck.class)
class EncryptionSettingsTest {

  private static final int SETTINGS = 78;
  private static final String TLS = "--transport=tls";

  /** Differs from a generated secret in one letter only, so that it is detected as mistyped. */
  private static final String MISTYPED = RolePair.SECRET.replace("AAEC", "AAEZ");

  @TempDir private Path folder;

  private Path chain;
  private Path key;

  @BeforeEach
  void issue() throws Exception {
    var issued = new TestAuthority("the test's authority").issue("good");
    chain = issued.writeChain(folder.resolve("good.pem"));
    key = issued.writeKey(folder.resolve("good.key"));
  }

  /** Returns the only error line of a role that failed to start. */
  private static String unusable(Cli ended) {
    assertThat(ended.exit()).as(ended.err()).isEqualTo(SETTINGS);
    assertThat(ended.out()).isEmpty();
    assertThat(ended.err().lines()).hasSize(1);
    return ended.err();
  }

  private static String unusableRemote(String... options) {
    return unusable(Cli.remote(options));
  }

  private static String unusableOrigin(String... options) {
    var role =
        Stream.of(
            "origin-proxy", "--remote-proxy-addr=127.0.0.1:1", "--origin-server-addr=127.0.0.1:1");
    return unusable(Cli.run(Stream.concat(role, Stream.of(options)).toArray(String[]::new)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"--tls-cert", "--tls-key", "--tls-client-ca", "--tls-pkcs12"})
  void missingFileIsReported(String option) throws Exception {
    Path missing = folder.resolve("missing");
    String first = option.equals("--tls-cert") ? missing.toString() : chain.toString();
    String second = option.equals("--tls-key") ? missing.toString() : key.toString();
    var options = new ArrayList<>(List.of(TLS));
    if (!option.equals("--tls-pkcs12")) {
      options.addAll(List.of("--tls-cert", first, "--tls-key", second));
    }
    if (option.equals("--tls-client-ca") || option.equals("--tls-pkcs12")) {
      options.addAll(List.of(option, missing.toString()));
    }
    assertThat(unusableRemote(options.toArray(String[]::new)))
        .isEqualTo("remote-proxy: " + option + " " + missing + ": there is no such file\n");
  }

  @Test
  void keyFileWithoutAKeyIsReported() throws Exception {
    Path junk = Files.writeString(folder.resolve("junk"), "content of the file\n");
    assertThat(unusableRemote(TLS, "--tls-cert=" + chain, "--tls-key=" + junk))
        .isEqualTo(
            "remote-proxy: --tls-key "
                + junk
                + ": the file has no private key in PEM form (-----BEGIN PRIVATE KEY-----)\n");
    assertThat(unusableRemote("--noise-key-file=" + junk))
        .contains("--noise-key-file " + junk, "'culvert keygen --noise'")
        .doesNotContain("content of the file");
  }

  @Test
  void unreadableFileOfAnOriginProxyIsReported() throws Exception {
    Path missing = folder.resolve("missing");
    assertThat(unusableOrigin(TLS, "--tls-ca=" + missing))
        .isEqualTo("origin-proxy: --tls-ca " + missing + ": there is no such file\n");
    assertThat(unusableOrigin("--noise-key-file=" + missing))
        .isEqualTo("origin-proxy: --noise-key-file " + missing + ": there is no such file\n");
    assertThat(unusableOrigin(TLS, "--tls-pin=abc")).contains("--tls-pin", "fingerprint");
    assertThat(unusableOrigin("--noise-peer-key=abc")).contains("--noise-peer-key");
    assertThat(unusableOrigin("--via=ftp://proxy.example.com:21")).contains("--via", "socks5://");
  }

  @Test
  void mistypedGeneratedSecretIsReportedAsMistyped() throws Exception {
    Path file = Files.writeString(folder.resolve("secret"), MISTYPED);
    for (String option : List.of("--secret=" + MISTYPED, "--secret-file=" + file)) {
      assertThat(unusableRemote(option))
          .contains("'culvert keygen'", "truncated or mistyped")
          .doesNotContain("AAEZ");
      assertThat(unusableOrigin(option))
          .contains("'culvert keygen'", "truncated or mistyped")
          .doesNotContain("AAEZ");
    }
  }

  @Test
  void missingOptionsOfATransportAreReported() throws Exception {
    assertThat(unusableRemote(TLS)).contains("--tls-cert and --tls-key");
    assertThat(unusableRemote("--transport=noise")).contains("set the same secret on both sides");
    assertThat(unusableOrigin("--transport=noise")).contains("set the same secret on both sides");
    assertThat(unusableOrigin("--transport=ws", "--tls-ca=x")).contains("--tls", "--transport ws");
    assertThat(unusableOrigin("--secret=" + RolePair.SECRET, "--ws-path=/x"))
        .contains("--ws", "--transport noise");
  }
}
