package culvert.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.HostPort;
import culvert.protocol.bounce.BounceGreeting;
import culvert.setting.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The settings that a bounce server rejects, with their messages. */
class BounceSettingsTest {

  @TempDir private Path folder;

  private static void assertRejected(String message, ThrowingCallable settings) {
    assertThatThrownBy(settings).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
  }

  private static BounceSettings settings(
      TransportKind transport, Optional<TlsServerSettings> tls, WebSocketSettings webSocket) {
    return new BounceSettings(
        new HostPort("127.0.0.1", 0),
        BounceGreeting.AS_IMPLEMENTED,
        Optional.empty(),
        BounceLoginLimits.DEFAULT,
        BounceGroups.DEFAULT,
        transport,
        tls,
        webSocket,
        Duration.ofSeconds(30),
        Duration.ofSeconds(10));
  }

  private static BounceLoginLimits entry(
      int timeoutMillis, int pauseMillis, int all, int perAddress) {
    return new BounceLoginLimits(
        Duration.ofMillis(timeoutMillis), Duration.ofMillis(pauseMillis), all, perAddress);
  }

  private static BounceGroups groups(
      int groups, int members, int clients, PairedGroups paired, Duration halfClose) {
    return new BounceGroups(groups, members, clients, false, paired, Duration.ZERO, halfClose);
  }

  @Test
  void noiseAndTlsWithoutCertificateAreRejected() {
    var plain = WebSocketSettings.DEFAULT;
    assertRejected(
        "invalid value 'noise' for --transport: expected plain, tls, ws or wss; members of a"
            + " bounce server may use Noise between each other",
        () -> settings(TransportKind.NOISE, Optional.empty(), plain));
    String certificate = " needs a certificate: set --tls-cert and --tls-key, or --tls-pkcs12";
    assertRejected(
        "--transport tls" + certificate,
        () -> settings(TransportKind.TLS, Optional.empty(), plain));
    assertRejected(
        "--transport wss" + certificate,
        () -> settings(TransportKind.WSS, Optional.empty(), plain));
  }

  @Test
  void optionsOfAnotherTransportAreRejected() {
    var tls =
        new TlsServerSettings(
            new TlsIdentity.Pem(Path.of("a.pem"), Path.of("a.key")), Optional.empty());
    assertRejected(
        "--tls-cert, --tls-key, --tls-pkcs12, --tls-password-file, --tls-client-ca,"
            + " --tls-ca, --tls-pin or --tls-server-name cannot be used with --transport plain",
        () -> settings(TransportKind.PLAIN, Optional.of(tls), WebSocketSettings.DEFAULT));
    assertRejected(
        "--ws-path or --ws-host cannot be used with --transport plain",
        () ->
            settings(
                TransportKind.PLAIN,
                Optional.empty(),
                new WebSocketSettings("/x", Optional.empty())));
  }

  @Test
  void durationsThatPreventLoginsAreRejected() {
    assertRejected(
        "invalid value '0s' for --auth-timeout: expected a duration longer than zero: with"
            + " zero, no member could join",
        () -> entry(0, 0, 1, 1));
    String pause =
        "invalid value '100ms' for --number-pause: expected a duration shorter than --auth-timeout"
            + " (100ms), or a short group number would never be complete";
    assertRejected(pause, () -> entry(100, 100, 1, 1));
    assertThat(entry(100, 99, 1, 1).numberPause()).hasMillis(99);
    assertRejected(
        "invalid value '0s' for --half-close-timeout: expected a duration longer than zero:"
            + " with zero, answers would be cut off",
        () -> groups(1, 1, 1, PairedGroups.NONE, Duration.ZERO));
  }

  @Test
  void countsRangeFromOneToOneMillion() {
    var minute = Duration.ofMinutes(1);
    var none = PairedGroups.NONE;
    String range = ": expected 1 to 1000000";
    assertRejected("invalid value '0' for --max-unauthenticated" + range, () -> entry(2, 1, 0, 1));
    assertRejected(
        "invalid value '1000001' for --max-unauthenticated-per-addr" + range,
        () -> entry(2, 1, 1, 1_000_001));
    assertRejected(
        "invalid value '0' for --max-pairs" + range, () -> groups(0, 1, 1, none, minute));
    assertRejected(
        "invalid value '1000001' for --max-pairs" + range,
        () -> groups(1_000_001, 1, 1, none, minute));
    assertRejected(
        "invalid value '0' for --max-connections" + range, () -> groups(1, 0, 1, none, minute));
    assertRejected(
        "invalid value '0' for --max-clients" + range, () -> groups(1, 1, 0, none, minute));
    assertThat(groups(1_000_000, 1, 1, none, minute).groups()).isEqualTo(1_000_000);
  }

  @Test
  void membersFitIntoTheHeap() throws IOException {
    assertThat(BounceGroups.maxClients(ImageHeap.bytes(), false)).isBetween(6_000, 6_200);
    assertThat(BounceGroups.maxClients(ImageHeap.bytes(), true)).isBetween(2_200, 2_300);
    assertThat(BounceGroups.maxClients(0, false)).isEqualTo(1);
    assertThat(BounceGroups.maxClients(1L << 40, false)).isEqualTo(1_000_000);
    assertThat(BounceGroups.DEFAULT.clients()).isEqualTo(BounceGroups.maxClients(false));
  }

  @Test
  void pairedGroupsMustExist() {
    var pairs = PairedGroups.of(Set.of(0, 15));
    assertThat(groups(16, 2, 2, pairs, Duration.ofMinutes(1)).paired()).isEqualTo(pairs);
    assertRejected(
        "invalid group 'f' for --close-with-peer: expected 0 to e (--max-pairs)",
        () -> groups(15, 2, 2, PairedGroups.of(Set.of(15)), Duration.ofMinutes(1)));
    assertRejected(
        "invalid group '-1' for --close-with-peer: expected 0 to e (--max-pairs)",
        () -> groups(15, 2, 2, PairedGroups.of(Set.of(-1)), Duration.ofMinutes(1)));
    assertThat(pairs.contains(15)).isTrue();
    assertThat(pairs.contains(14)).isFalse();
    assertThat(PairedGroups.NONE.contains(0)).isFalse();
    assertThat(PairedGroups.ALL.contains(14)).isTrue();
  }

  @Test
  void toStringHidesAuthenticationString() {
    assertThat(BounceAuthentication.of("top secret")).hasToString("***");
  }

  @Test
  void authenticationStringHasOneByteTo64KiB() {
    assertRejected("the authentication string is empty", () -> BounceAuthentication.of(""));
    assertRejected(
        "the authentication string is longer than 65536 bytes",
        () -> BounceAuthentication.of(new byte[65_537]));
    assertThat(BounceAuthentication.of(new byte[65_536]).bytes()).hasSize(65_536);
    assertThat(BounceAuthentication.of(new byte[] {(byte) 0x80}).bytes()).containsExactly(0x80);
    assertThat(BounceAuthentication.of("\u00e4").bytes()).containsExactly(0xc3, 0xa4);
  }

  @Test
  void authenticationStringMatchesOnlyEqualBytes() {
    var hi = BounceAuthentication.of("hi");
    assertThat(hi.matches(new byte[] {'h', 'i'})).isTrue();
    assertThat(hi.matches(new byte[] {'h', 'o'})).isFalse();
    assertThat(hi.matches(new byte[] {'h'})).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"hi, hi", "hi\\n, hi", "hi\\r\\n, hi", "hi\\n\\n, hi\\n", "' hi', ' hi'"})
  void oneTrailingLineEndOfFileIsIgnored(String content, String expected) throws IOException {
    Path file = folder.resolve("auth");
    Files.writeString(file, content.translateEscapes());
    assertThat(BounceAuthentication.read(Setting.AUTH_FILE, file).bytes())
        .asString()
        .isEqualTo(expected.translateEscapes());
  }

  @Test
  void messageNamesFileWithoutAuthenticationString() throws IOException {
    Path missing = folder.resolve("missing");
    assertRejected(
        "--auth-file " + missing + ": there is no such file",
        () -> BounceAuthentication.read(Setting.AUTH_FILE, missing));
    Path empty = Files.writeString(folder.resolve("empty"), "\n");
    assertRejected(
        "--auth-file " + empty + ": the authentication string is empty",
        () -> BounceAuthentication.read(Setting.AUTH_FILE, empty));
    Path large = Files.write(folder.resolve("large"), new byte[65_540]);
    assertRejected(
        "--auth-file " + large + ": the authentication string is longer than 65536 bytes",
        () -> BounceAuthentication.read(Setting.AUTH_FILE, large));
  }
}
