package culvert.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.HostPort;
import culvert.protocol.bounce.BounceGreeting;
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

/** What a bounce server's settings refuse, and in which words. */
class BounceSettingsTest {

  @TempDir private Path folder;

  private static void refused(String complaint, ThrowingCallable settings) {
    assertThatThrownBy(settings).isInstanceOf(IllegalArgumentException.class).hasMessage(complaint);
  }

  private static BounceSettings settings(
      TransportKind transport, Optional<TlsServerSettings> tls, WebSocketSettings webSocket) {
    return new BounceSettings(
        new HostPort("127.0.0.1", 0),
        BounceGreeting.PROGRAM,
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
  void noiseAndTlsWithoutACertificateAreRefused() {
    var plain = WebSocketSettings.DEFAULT;
    refused(
        "--transport noise is not for a bounce server: give plain, tls, ws or wss",
        () -> settings(TransportKind.NOISE, Optional.empty(), plain));
    String certificate =
        "--transport tls and wss need a certificate: --tls-cert and --tls-key, or --tls-pkcs12";
    refused(certificate, () -> settings(TransportKind.TLS, Optional.empty(), plain));
    refused(certificate, () -> settings(TransportKind.WSS, Optional.empty(), plain));
  }

  @Test
  void optionsOfAnotherTransportAreRefused() {
    var tls =
        new TlsServerSettings(
            new TlsIdentity.Pem(Path.of("a.pem"), Path.of("a.key")), Optional.empty());
    refused(
        "the --tls options mean nothing to --transport plain",
        () -> settings(TransportKind.PLAIN, Optional.of(tls), WebSocketSettings.DEFAULT));
    refused(
        "the --ws options mean nothing to --transport plain",
        () ->
            settings(
                TransportKind.PLAIN,
                Optional.empty(),
                new WebSocketSettings("/x", Optional.empty())));
  }

  @Test
  void timesThatLetNobodyInAreRefused() {
    refused("--auth-timeout is zero: nobody could join", () -> entry(0, 0, 1, 1));
    String pause =
        "--number-pause is not shorter than --auth-timeout: a short number would never be complete";
    refused(pause, () -> entry(100, 100, 1, 1));
    assertThat(entry(100, 99, 1, 1).numberPause()).hasMillis(99);
    refused(
        "--half-close-timeout is zero: answers would be cut off",
        () -> groups(1, 1, 1, PairedGroups.NONE, Duration.ZERO));
  }

  @Test
  void countsAreBetweenOneAndAMillion() {
    var minute = Duration.ofMinutes(1);
    var none = PairedGroups.NONE;
    String range = " is not within 1 to 1000000";
    refused("--max-unauthenticated" + range, () -> entry(2, 1, 0, 1));
    refused("--max-unauthenticated-per-addr" + range, () -> entry(2, 1, 1, 1_000_001));
    refused("--max-pairs" + range, () -> groups(0, 1, 1, none, minute));
    refused("--max-pairs" + range, () -> groups(1_000_001, 1, 1, none, minute));
    refused("--max-connections" + range, () -> groups(1, 0, 1, none, minute));
    refused("--max-clients" + range, () -> groups(1, 1, 0, none, minute));
    assertThat(groups(1_000_000, 1, 1, none, minute).groups()).isEqualTo(1_000_000);
  }

  @Test
  void pairsAreAmongTheGroups() {
    var pairs = PairedGroups.of(Set.of(0, 15));
    assertThat(groups(16, 2, 2, pairs, Duration.ofMinutes(1)).paired()).isEqualTo(pairs);
    refused(
        "--close-with-peer names the group f, and the groups are 0 to e (--max-pairs)",
        () -> groups(15, 2, 2, PairedGroups.of(Set.of(15)), Duration.ofMinutes(1)));
    refused(
        "--close-with-peer names the group -1, and the groups are 0 to e (--max-pairs)",
        () -> groups(15, 2, 2, PairedGroups.of(Set.of(-1)), Duration.ofMinutes(1)));
    assertThat(pairs.contains(15)).isTrue();
    assertThat(pairs.contains(14)).isFalse();
    assertThat(PairedGroups.NONE.contains(0)).isFalse();
    assertThat(PairedGroups.ALL.contains(14)).isTrue();
  }

  @Test
  void anAuthenticationNeverPrintsItself() {
    assertThat(BounceAuthentication.of("top secret")).hasToString("***");
  }

  @Test
  void anAuthenticationHasOneByteTo64KiB() {
    refused("the authentication string is empty", () -> BounceAuthentication.of(""));
    refused(
        "the authentication string is longer than 65536 bytes",
        () -> BounceAuthentication.of(new byte[65_537]));
    assertThat(BounceAuthentication.of(new byte[65_536]).bytes()).hasSize(65_536);
    assertThat(BounceAuthentication.of(new byte[] {(byte) 0x80}).bytes()).containsExactly(0x80);
    assertThat(BounceAuthentication.of("\u00e4").bytes()).containsExactly(0xc3, 0xa4);
  }

  @Test
  void anAuthenticationMatchesItselfOnly() {
    var hi = BounceAuthentication.of("hi");
    assertThat(hi.matches(new byte[] {'h', 'i'})).isTrue();
    assertThat(hi.matches(new byte[] {'h', 'o'})).isFalse();
    assertThat(hi.matches(new byte[] {'h'})).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"hi, hi", "hi\\n, hi", "hi\\r\\n, hi", "hi\\n\\n, hi\\n", "' hi', ' hi'"})
  void oneLineEndOfAFileDoesNotCount(String content, String expected) throws IOException {
    Path file = folder.resolve("auth");
    Files.writeString(file, content.translateEscapes());
    assertThat(BounceAuthentication.read(file).bytes())
        .asString()
        .isEqualTo(expected.translateEscapes());
  }

  @Test
  void aFileWithoutAnAuthenticationIsNamed() throws IOException {
    Path missing = folder.resolve("missing");
    refused(
        "cannot read the file " + missing + " of the authentication string",
        () -> BounceAuthentication.read(missing));
    Path empty = Files.writeString(folder.resolve("empty"), "\n");
    refused(
        "the file " + empty + ": the authentication string is empty",
        () -> BounceAuthentication.read(empty));
    Path large = Files.write(folder.resolve("large"), new byte[65_540]);
    refused(
        "the file " + large + ": the authentication string is longer than 65536 bytes",
        () -> BounceAuthentication.read(large));
  }
}
