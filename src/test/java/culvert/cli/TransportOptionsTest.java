package culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.noise.NoiseKeyPair;
import culvert.testing.LeakCheck;
import culvert.testing.TestAuthority;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Options of transport and encryption: values, errors and warnings. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class TransportOptionsTest {

  private static final String[] ORIGIN = {
    "origin-proxy", "--remote-proxy-addr=localhost:1", "--origin-server-addr=127.0.0.1:1"
  };
  private static final String NK = "Noise_NK_25519_ChaChaPoly_BLAKE2s";
  private static final String KK = "Noise_KK_25519_ChaChaPoly_BLAKE2s";
  private static final NoiseKeyPair PAIR = NoiseKeyPair.generate();
  private static final String PIN = "ab".repeat(32);

  @TempDir private Path folder;
  private Path secret;
  private Path key;
  private Path certificate;
  private Path certificateKey;

  @BeforeEach
  void files() throws Exception {
    secret = write("secret", "culvert hunter2 and more");
    key = write("noise.key", PAIR.privateText());
    var issued = new TestAuthority("Test CA").issue("server");
    certificate = issued.writeChain(folder.resolve("cert.pem"));
    certificateKey = issued.writeKey(folder.resolve("key.pem"));
  }

  private Path write(String name, String text) throws IOException {
    Path file = Files.writeString(folder.resolve(name), text);
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }

  private static Cli origin(Map<String, String> environment, String... more) {
    return Cli.run(environment, with(ORIGIN, more));
  }

  private static Cli origin(String... more) {
    return origin(Map.of(), more);
  }

  private static String[] with(String[] role, String... more) {
    return Stream.concat(Arrays.stream(role), Arrays.stream(more)).toArray(String[]::new);
  }

  /** An option on the command line and its variable give the same value. */
  @ParameterizedTest
  @CsvSource({
    "both, --transport, tls",
    "both, --ws-path, /tunnel",
    "both, --noise-pattern, " + KK,
    "both, --noise-key-file, noise.key",
    "both, --noise-peer-key, 'one,two'",
    "both, --secret-file, 'one,two'",
    "both, --tls-cert, cert.pem",
    "both, --tls-key, key.pem",
    "both, --tls-pkcs12, archive.p12",
    "both, --tls-password-file, password",
    "remote, --tls-client-ca, ca.pem",
    "origin, --tls-ca, ca.pem",
    "origin, --tls-pin, " + "abab",
    "origin, --tls-server-name, tunnel.example",
    "origin, --ws-host, tunnel.example:8443",
    "origin, --via, socks5://127.0.0.1:1080"
  })
  void optionIsReadFromCommandLineAndVariable(String roles, String option, String value) {
    String variable = "CULVERT_" + option.substring(2).replace('-', '_').toUpperCase();
    for (String[] role : List.of(Cli.REMOTE, ORIGIN)) {
      if (roles.equals("both") || role[0].startsWith(roles)) {
        Object byFlag = value(option, Map.of(), with(role, option + "=" + value));
        Object byVariable = value(option, Map.of(variable, value), role);
        assertThat(byFlag).as(role[0]).isNotNull().isEqualTo(byVariable);
        assertThat(value(option, Map.of(variable, "x"), with(role, option + "=" + value)))
            .as("the flag wins")
            .isEqualTo(byFlag);
      }
    }
  }

  private static Object value(String option, Map<String, String> environment, String... line) {
    return Cli.commandLine(environment)
        .parseArgs(line)
        .subcommand()
        .commandSpec()
        .findOption(option)
        .getValue();
  }

  /** A repeated option and a list with commas give the same value. */
  @Test
  void severalKeysAreRepeatedOrSeparatedByCommas() {
    String option = "--noise-peer-key";
    assertThat(value(option, Map.of(), with(ORIGIN, option + "=a", option + "=b")))
        .isEqualTo(value(option, Map.of(), with(ORIGIN, option + "=a,b")))
        .isEqualTo(List.of("a", "b"));
  }

  private static void rejected(Cli run, String message) {
    assertThat(run.exit()).isEqualTo(78);
    assertThat(run.err()).contains(message).doesNotContain("hunter").hasLineCount(1);
    assertThat(run.err()).doesNotContain(PAIR.privateText());
    assertThat(run.out()).isEmpty();
  }

  private static void rejectedOnBothSides(String message, String... options) {
    rejected(Cli.remote(options), message);
    rejected(origin(options), message);
  }

  @Test
  void unknownTransportIsReportedWithTheKnownOnes() {
    var run = Cli.remote("--transport=quic");
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.err())
        .contains(
            "invalid value 'quic' for --transport: expected one of plain, noise, tls, ws, wss")
        .hasLineCount(1);
  }

  @Test
  void noiseWithoutSecretOrKeysIsRejected() {
    rejectedOnBothSides(
        "--transport noise requires a key: set the same secret on both sides", "--transport=noise");
    rejected(
        Cli.remote(Map.of("CULVERT_TRANSPORT", "noise")), "CULVERT_TRANSPORT noise requires a key");
  }

  @Test
  void optionsOfAnotherTransportAreRejected() {
    rejectedOnBothSides(
        "--noise-pattern cannot be used with --transport plain",
        "--transport=plain",
        "--noise-pattern=Noise_XX_25519_AESGCM_SHA256");
    rejected(
        Cli.remote(
            "--transport=tls",
            "--tls-cert=" + certificate,
            "--tls-key=" + certificateKey,
            "--noise-key-file=" + key),
        "--noise-key-file cannot be used with --transport tls");
    rejected(
        origin("--transport=tls", "--noise-peer-key=" + PAIR.publicText()),
        "--noise-peer-key cannot be used with --transport tls");
    rejectedOnBothSides(
        "--ws-path cannot be used with --transport noise",
        "--secret-file=" + secret,
        "--ws-path=/tunnel");
    rejected(origin("--ws-host=tunnel.example"), "--ws-host cannot be used with --transport plain");
    rejectedOnBothSides(
        "--tls-cert and --tls-key cannot be used with --transport plain",
        "--tls-cert=" + certificate,
        "--tls-key=" + certificateKey);
    rejected(
        origin("--secret-file=" + secret, "--tls-pin=" + PIN),
        "--tls-pin cannot be used with --transport noise");
  }

  @Test
  void remoteProxyWithoutACertificateIsRejected() {
    rejected(Cli.remote("--transport=tls"), "--transport tls needs a certificate");
    rejected(Cli.remote("--transport=wss"), "--transport wss needs a certificate");
    rejected(
        Cli.remote("--transport=tls", "--tls-client-ca=" + certificate),
        "--tls-client-ca is given without --tls-cert");
  }

  @Test
  void incompleteCertificateIsRejected() {
    rejectedOnBothSides(
        "--tls-cert is given without --tls-key", "--transport=tls", "--tls-cert=" + certificate);
    rejectedOnBothSides(
        "--tls-key is given without --tls-cert", "--transport=tls", "--tls-key=" + certificateKey);
    rejectedOnBothSides(
        "--tls-password-file is given without --tls-pkcs12",
        "--transport=tls",
        "--tls-password-file=" + secret);
    rejectedOnBothSides(
        "--tls-pkcs12 and --tls-cert are both given; keep one of them",
        "--transport=tls",
        "--tls-cert=" + certificate,
        "--tls-pkcs12=" + secret);
  }

  @Test
  void missingAndInvalidFilesAreNamed() {
    Path missing = folder.resolve("missing");
    rejected(
        Cli.remote("--transport=tls", "--tls-cert=" + missing, "--tls-key=" + certificateKey),
        "--tls-cert " + missing + ": there is no such file");
    rejected(
        Cli.remote("--transport=wss", "--tls-cert=" + certificate, "--tls-key=" + secret),
        "--tls-key " + secret + ": ");
    rejected(
        origin("--transport=tls", "--tls-ca=" + missing),
        "--tls-ca " + missing + ": there is no such file");
    rejectedOnBothSides(
        "--noise-key-file " + missing + ": there is no such file",
        "--noise-pattern=" + KK,
        "--noise-key-file=" + missing);
  }

  @Test
  void contradictoryTrustOptionsAreRejected() {
    rejected(
        origin("--transport=tls", "--tls-ca=" + certificate, "--tls-pin=" + PIN),
        "--tls-ca and --tls-pin are both given; keep one");
    rejected(
        origin("--transport=tls", "--tls-pin=abc"),
        "invalid value 'abc' for --tls-pin: expected the SHA-256 fingerprint of a certificate");
    rejected(
        origin("--transport=tls", "--tls-server-name=my laptop"),
        "invalid value 'my laptop' for --tls-server-name: expected a host name or an address");
  }

  @Test
  void defaultAuthoritiesAreThoseOfTheVariableOfOpenssl() {
    String missing = folder.resolve("missing").toString();
    rejected(
        origin(Map.of("SSL_CERT_FILE", missing), "--transport=tls"),
        "SSL_CERT_FILE " + missing + ": there is no such file");
    var good = Map.of("SSL_CERT_FILE", certificate.toString());
    assertThat(origin(good, "--transport=tls").exit()).isZero();
    assertThat(origin(Map.of("SSL_CERT_FILE", ""), "--transport=tls").exit()).isZero();
    // The variable is ignored without TLS, and if an option sets the trust.
    assertThat(origin(Map.of("SSL_CERT_FILE", missing)).exit()).isZero();
    assertThat(
            origin(Map.of("SSL_CERT_FILE", missing), "--transport=tls", "--tls-pin=" + PIN).exit())
        .isZero();
  }

  @Test
  void noisePatternWithoutItsKeysIsRejected() {
    rejected(origin("--noise-pattern=" + NK), "--noise-pattern " + NK + " needs --noise-peer-key");
    rejected(
        Cli.remote("--noise-pattern=" + NK), "--noise-pattern " + NK + " needs --noise-key-file");
    rejected(
        origin("--noise-pattern=" + KK, "--noise-peer-key=" + PAIR.publicText()),
        "--noise-pattern " + KK + " needs --noise-key-file");
    rejected(
        Cli.remote("--noise-pattern=" + KK, "--noise-key-file=" + key),
        "--noise-pattern " + KK + " needs --noise-peer-key");
    rejectedOnBothSides("uses no static keys", "--noise-pattern=Noise_NNpsk0_25519_AESGCM_SHA256");
    rejected(origin("--noise-peer-key=hunter2"), "--noise-peer-key is not a key");
    rejected(
        origin("--noise-peer-key=" + PAIR.publicText() + "," + PAIR.publicText()),
        "give all of them the same key");
  }

  @Test
  void unknownNoisePatternIsReportedWithTheKnownOnes() {
    var run = Cli.remote("--noise-pattern=Noise_IK_25519_ChaChaPoly_BLAKE2s");
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.err()).contains("\"IK\"", "NK", "--noise-pattern").hasLineCount(1);
  }

  @Test
  void severalSecretsOfAnOriginProxyAreRejected() throws IOException {
    Path second = write("second", "culvert hunter3 and more");
    String files = secret + "," + second;
    rejected(origin("--secret-file=" + files), "an origin proxy has one secret");
    rejected(
        origin(Map.of("CULVERT_SECRET_FILE", files)),
        "CULVERT_SECRET_FILE is given more than once; an origin proxy has one secret");
    assertThat(Cli.remote("--secret-file=" + files).exit()).isZero();
    assertThat(Cli.remote(Map.of("CULVERT_SECRET_FILE", files)).exit()).isZero();
  }

  @Test
  void invalidOutboundProxyIsRejected() {
    rejected(origin("--via=ftp://127.0.0.1:1"), "--via: ");
    rejected(origin("--via=http://user:hunter2@:"), "--via: ");
    rejected(
        Cli.run(
            Map.of("HTTPS_PROXY", "socks9://127.0.0.1:1"),
            "origin-proxy",
            "--remote-proxy-addr=192.0.2.1:1",
            "--origin-server-addr=127.0.0.1:1"),
        "the variable HTTPS_PROXY: ");
    assertThat(Cli.remote("--via=direct").exit())
        .as("not an option of a remote proxy")
        .isEqualTo(2);
  }

  @Test
  void pathAndHostOfTheWebSocketAreChecked() {
    rejectedOnBothSides(
        "invalid value 'tunnel' for --ws-path", "--transport=ws", "--ws-path=tunnel");
    rejected(origin("--transport=ws", "--ws-host=a b"), "invalid value 'a b' for --ws-host");
  }

  @Test
  void messageNamesTheVariableThatIsSet() throws IOException {
    var variables = Map.of("CULVERT_TLS_KEY", certificateKey.toString());
    rejected(origin(variables, "--transport=tls"), "CULVERT_TLS_KEY is given without --tls-cert");
    expose(secret);
    assertThat(Cli.remote(Map.of("CULVERT_SECRET_FILE", secret.toString())).err())
        .contains("CULVERT_SECRET_FILE " + secret + ": other users can access");
  }

  private static long lines(Cli run, String text) {
    return run.err().lines().filter(line -> line.contains(text)).count();
  }

  private void expose(Path... files) throws IOException {
    for (Path file : files) {
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    }
  }

  /** Each side logs the warning once, and continues. */
  @Test
  void fileReadableByOthersCausesOneWarning() throws IOException {
    expose(secret, key, certificateKey);
    String warning = ": other users can access the file; 'chmod 600' it";
    for (Cli run :
        List.of(
            Cli.remote("--secret-file=" + secret, "--noise-key-file=" + key),
            origin(
                "--secret-file=" + secret,
                "--noise-pattern=" + KK,
                "--noise-key-file=" + key,
                "--noise-peer-key=" + PAIR.publicText()))) {
      assertThat(run.exit()).isZero();
      assertThat(lines(run, "--secret-file " + secret + warning)).isEqualTo(1);
      assertThat(lines(run, "--noise-key-file " + key + warning)).isEqualTo(1);
      assertThat(run.err()).doesNotContain("hunter", PAIR.privateText());
    }
    for (Cli run :
        List.of(
            Cli.remote(
                "--transport=tls", "--tls-cert=" + certificate, "--tls-key=" + certificateKey),
            origin(
                "--transport=tls", "--tls-cert=" + certificate, "--tls-key=" + certificateKey))) {
      assertThat(run.exit()).isZero();
      assertThat(lines(run, "--tls-key " + certificateKey + warning)).isEqualTo(1);
    }
  }

  @Test
  void fileReadableByItsOwnerOnlyCausesNoWarning() {
    var run = Cli.remote("--secret-file=" + secret, "--noise-key-file=" + key);
    assertThat(run.exit()).isZero();
    assertThat(run.err()).doesNotContain("other users");
  }

  @Test
  void shortSecretCausesOneWarningAndIsNotPrinted() {
    for (Cli run :
        List.of(
            Cli.remote("--secret=hunter2"),
            origin("--secret=hunter2"),
            Cli.remote(Map.of("CULVERT_SECRET", "hunter2")))) {
      assertThat(run.exit()).isZero();
      assertThat(lines(run, "the secret is short")).isEqualTo(1);
      assertThat(run.err() + run.out()).doesNotContain("hunter2");
    }
    assertThat(Cli.remote("--secret-file=" + secret).err()).doesNotContain("is short");
    var ours = Cli.run("keygen").out().strip();
    assertThat(Cli.remote("--secret=" + ours).err()).doesNotContain("is short");
  }

  @Test
  void unauthenticatedPeerCausesAWarning() {
    String warning = "NO SECRET IS SET";
    assertThat(lines(origin(), warning)).isEqualTo(1);
    assertThat(lines(Cli.remote(), warning)).isEqualTo(1);
    assertThat(lines(Cli.remote("--transport=ws"), warning)).isEqualTo(1);
    assertThat(
            lines(
                Cli.remote(
                    "--transport=tls", "--tls-cert=" + certificate, "--tls-key=" + certificateKey),
                warning))
        .isEqualTo(1);
    assertThat(lines(Cli.remote("--noise-key-file=" + key), warning)).isEqualTo(1);
    assertThat(lines(origin("--noise-peer-key=" + PAIR.publicText()), warning)).isZero();
    assertThat(lines(origin("--transport=tls", "--tls-pin=" + PIN), warning)).isZero();
    assertThat(
            lines(
                Cli.remote(
                    "--transport=tls",
                    "--tls-cert=" + certificate,
                    "--tls-key=" + certificateKey,
                    "--tls-client-ca=" + certificate),
                warning))
        .isZero();
  }
}
