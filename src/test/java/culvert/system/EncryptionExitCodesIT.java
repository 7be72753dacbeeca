package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.testing.TestAuthority;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Failed authentication and invalid files: the exit code and the single error line. */
@Timeout(120)
class EncryptionExitCodesIT {

  private static final int CREDENTIALS = 77;
  private static final int SETTINGS = 78;
  private static final String TLS = "--transport=tls";

  @TempDir private Path folder;

  private Credentials credentials;

  @BeforeEach
  void makeCredentials() throws Exception {
    credentials = new Credentials(folder);
  }

  /** Starts an origin proxy that the remote proxy refuses; returns its only error line. */
  private static String refused(Launcher launcher, RemoteProcess remote, List<String> options)
      throws Exception {
    return errorLine("login refused by remote proxy", launcher, remote, options);
  }

  /** Starts an origin proxy that rejects the remote proxy; returns its only error line. */
  private static String rejected(RemoteProcess remote, List<String> options) throws Exception {
    return rejected(Launcher.USUAL, remote, options);
  }

  private static String rejected(Launcher launcher, RemoteProcess remote, List<String> options)
      throws Exception {
    return errorLine("remote proxy rejected", launcher, remote, options);
  }

  private static String errorLine(
      String event, Launcher launcher, RemoteProcess remote, List<String> options)
      throws Exception {
    try (RoleProcess origin =
        launcher.origin(remote.control(), Launcher.ANY, options.toArray(String[]::new))) {
      RoleProcess.Ended ended = origin.await();
      assertThat(ended.exit()).as(ended.err()).isEqualTo(CREDENTIALS);
      assertThat(ended.out()).isEmpty();
      assertThat(origin.err().lines("WARN")).isEmpty();
      List<String> lines = origin.err().lines("ERROR");
      assertThat(lines).hasSize(1);
      assertThat(lines.getFirst()).contains(event);
      return lines.getFirst();
    }
  }

  /** Checks that a visitor is reset because no origin proxy serves. */
  private static void assertNotServed(RemoteProcess remote) throws Exception {
    try (var visitor = remote.visit()) {
      assertThat(visitor.getInputStream())
          .satisfies(in -> {
            try {
              assertThat(in.read()).as("a reset").isEqualTo(-2);
            } catch (java.net.SocketException e) {
              assertThat(e).hasMessageContaining("reset");
            }
          });
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = TransportArguments.class,
      names = {"PLAIN", "NOISE", "NOISE_NK", "TLS_CA", "WS", "WSS"})
  void wrongSecretIsRejected(TransportArguments transport) throws Exception {
    RoleCommands commands = transport.commands(credentials);
    try (RemoteProcess remote = commands.remote()) {
      String line =
          refused(
              commands.launcher().secret("another-secret-here"), remote, commands.originOptions());
      assertThat(line).contains("the secret is wrong").doesNotContain("another-secret-here");
      remote.role().err().await("origin proxy rejected", "the secret is wrong");
      assertThat(remote.role().err().text()).doesNotContain(Launcher.SECRET_TEXT);
      assertNotServed(remote);
    }
  }

  @Test
  void wrongPinIsReportedWithTheReceivedFingerprint() throws Exception {
    var shown = credentials.issue("shown");
    var other = credentials.issue("other");
    try (RemoteProcess remote = tls(shown)) {
      String line = rejected(remote, List.of(TLS, "--tls-pin=" + other.fingerprint()));
      assertThat(line).contains("--tls-pin", shown.fingerprint());
      remote.role().err().await("origin proxy rejected");
      // The reported fingerprint can be pinned.
      assertJoins(remote, "--tls-pin=" + shown.fingerprint());
    }
  }

  @Test
  void wrongPinOfAVariableIsReportedUnderTheVariable() throws Exception {
    var shown = credentials.issue("shown");
    String other = credentials.issue("other").fingerprint();
    try (RemoteProcess remote = tls(shown)) {
      Launcher launcher = Launcher.USUAL.variable("CULVERT_TLS_PIN", other);
      assertThat(rejected(launcher, remote, List.of(TLS)))
          .contains("certificate does not match CULVERT_TLS_PIN; its SHA-256")
          .doesNotContain("--tls-pin");
    }
  }

  private static RemoteProcess tls(Credentials.Certificate certificate, String... more)
      throws Exception {
    var options = new ArrayList<>(certificate.options());
    options.add(TLS);
    options.addAll(List.of(more));
    return Launcher.USUAL.remote(options.toArray(String[]::new));
  }

  private static void assertJoins(RemoteProcess remote, String... options) throws Exception {
    var all = new ArrayList<>(List.of(options));
    all.add(TLS);
    try (RoleProcess origin = remote.origin(Launcher.ANY, all.toArray(String[]::new))) {
      assertThat(origin.line()).startsWith("origin-proxy: serving default=");
    }
  }

  @Test
  void certificateOfAnUntrustedAuthorityIsRejected() throws Exception {
    var foreign = credentials.foreign("foreign");
    try (RemoteProcess remote = tls(foreign)) {
      String authority = "--tls-ca=" + credentials.authority();
      assertThat(rejected(remote, List.of(TLS, authority)))
          .contains("CN=untrusted authority", "--tls-ca", "--tls-pin " + foreign.fingerprint());
      assertThat(rejected(remote, List.of(TLS)))
          .contains("CN=untrusted authority", "--tls-ca", "--tls-pin " + foreign.fingerprint());
      remote.role().err().await("origin proxy rejected", "rejected this side's certificate");
      assertNotServed(remote);
    }
  }

  @Test
  void expiredCertificateIsRejected() throws Exception {
    Instant now = Instant.now();
    var wish =
        new TestAuthority.Wish("expired")
            .names("127.0.0.1")
            .time(now.minus(Duration.ofDays(9)), now.minus(Duration.ofDays(2)));
    try (RemoteProcess remote = tls(credentials.issue("expired", wish))) {
      String authority = "--tls-ca=" + credentials.authority();
      assertThat(rejected(remote, List.of(TLS, authority))).contains("expired at 20");
      remote.role().err().await("WARN", "--tls-cert", "expired at");
    }
  }

  @Test
  void certificateForAnotherNameIsRejected() throws Exception {
    var wish = new TestAuthority.Wish("elsewhere").names("tunnel.example.com");
    try (RemoteProcess remote = tls(credentials.issue("elsewhere", wish))) {
      String authority = "--tls-ca=" + credentials.authority();
      assertThat(rejected(remote, List.of(TLS, authority)))
          .contains("tunnel.example.com", "'127.0.0.1'", "--tls-server-name");
      assertJoins(remote, authority, "--tls-server-name=tunnel.example.com");
    }
  }

  @Test
  void originProxyWithoutTheRequiredCertificateIsRejected() throws Exception {
    String authority = credentials.authority().toString();
    try (RemoteProcess remote =
        tls(credentials.issue("requiring"), "--tls-client-ca=" + authority)) {
      assertThat(refused(Launcher.USUAL, remote, List.of(TLS, "--tls-ca=" + authority)))
          .contains("requires a certificate", "--tls-cert and --tls-key");
      remote.role().err().await("origin proxy rejected", "--tls-client-ca");
    }
  }

  @Test
  void originProxyWithAnUntrustedCertificateIsRejected() throws Exception {
    String authority = credentials.authority().toString();
    try (RemoteProcess remote =
        tls(credentials.issue("requiring"), "--tls-client-ca=" + authority)) {
      var options = new ArrayList<>(credentials.foreign("untrusted").options());
      options.addAll(List.of(TLS, "--tls-ca=" + authority));
      assertThat(refused(Launcher.USUAL, remote, options))
          .contains("the remote proxy", "this side's certificate");
      remote.role().err().await("origin proxy rejected", "untrusted authority", "--tls-client-ca");
    }
  }

  @Test
  void unexpectedNoiseKeyOfTheRemoteProxyIsRejected() throws Exception {
    var right = credentials.noise("right");
    var wrong = credentials.noise("wrong");
    try (RemoteProcess remote = Launcher.USUAL.remote("--noise-key-file=" + right.file())) {
      String option = "--noise-peer-key=" + wrong.publicKey();
      assertThat(refused(Launcher.USUAL, remote, List.of(option)))
          .contains("--noise-peer-key is not the remote proxy's public key");
      remote.role().err().await("origin proxy rejected", "the keys do not match");
      assertNotServed(remote);
    }
  }

  @Test
  void originProxyWithAnUnlistedNoiseKeyIsRejected() throws Exception {
    String pattern = "--noise-pattern=Noise_XX_25519_AESGCM_SHA256";
    var known = credentials.noise("known");
    var unknown = credentials.noise("unknown");
    var server = credentials.noise("server");
    String[] options = {
      pattern, "--noise-key-file=" + server.file(), "--noise-peer-key=" + known.publicKey()
    };
    try (RemoteProcess remote = Launcher.OPEN.remote(options)) {
      var own =
          List.of(
              pattern,
              "--noise-key-file=" + unknown.file(),
              "--noise-peer-key=" + server.publicKey());
      assertThat(refused(Launcher.OPEN, remote, own))
          .contains("the origin proxy's key is not the --noise-peer-key");
      remote.role().err().await("origin proxy rejected", "key is not the --noise-peer-key");
      assertNotServed(remote);
    }
  }

  /** The messages about every file and option are tested within one process. */
  @Test
  void roleWithAMissingFileExits() throws Exception {
    Path missing = folder.resolve("missing");
    RoleProcess.Ended ended =
        RoleProcess.run(
            "origin-proxy",
            "--remote-proxy-addr=127.0.0.1:1",
            "--origin-server-addr=127.0.0.1:1",
            TLS,
            "--tls-ca=" + missing);
    assertThat(ended)
        .isEqualTo(
            new RoleProcess.Ended(
                SETTINGS, "", "origin-proxy: --tls-ca " + missing + ": there is no such file\n"));
  }
}
