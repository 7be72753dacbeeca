package culvert.transport.tls;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.TlsClientSettings;
import culvert.config.TlsIdentity;
import culvert.config.TlsTrust;
import culvert.net.HostPort;
import culvert.protocol.ByeReason;
import culvert.protocol.PeerNames;
import culvert.protocol.PeerRefusedException;
import culvert.protocol.ProtocolException;
import culvert.setting.SettingMessage;
import culvert.testing.LeakCheck;
import culvert.testing.TestAuthority;
import culvert.transport.Transport;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Acceptance of certificates, and the messages for rejected ones. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class TlsTrustTest {

  @TempDir private Path folder;

  private TlsSetup tls;

  @BeforeEach
  void setUp() throws Exception {
    tls = new TlsSetup(folder);
  }

  private static void assertConnects(Transport client, Transport server) throws Exception {
    try (var pair = TlsPair.open(client, server)) {
      pair.near().output().write(1);
      pair.far().output().write(pair.far().input().read());
      assertThat(pair.near().input().read()).isEqualTo(1);
    }
  }

  /** Returns the client's message; the server learns only that its certificate was rejected. */
  private static String rejection(Transport client, Transport server) throws Exception {
    var failed = TlsPair.Failed.of(client, server);
    assertThat(failed.server())
        .isInstanceOf(PeerRefusedException.class)
        .hasMessageStartingWith("the origin proxy rejected this side's certificate");
    return messageOf(failed.client());
  }

  private static String messageOf(Exception failure) {
    assertThat(failure).isInstanceOf(PeerRefusedException.class);
    assertThat(((PeerRefusedException) failure).reason()).isEqualTo(ByeReason.CREDENTIALS);
    assertThat(failure.getMessage()).doesNotContain("\n");
    return failure.getMessage();
  }

  @ParameterizedTest
  @ValueSource(strings = {"EC", "RSA", "Ed25519"})
  void everyKeyTypeIsAccepted(String algorithm) throws Exception {
    var wish = new TestAuthority.Wish("server").names("localhost").algorithm(algorithm);
    assertConnects(tls.client(), tls.server(tls.write("server", tls.authority.issue(wish))));
  }

  @Test
  void serverPresentsIntermediateIssuer() throws Exception {
    var below = tls.authority.below("Issuing CA");
    assertConnects(tls.client(), tls.server(tls.write("server", below.issue("server"))));
  }

  @Test
  void messageNamesUnknownIssuer() throws Exception {
    var foreign = new TestAuthority("Foreign CA").issue("server");
    assertThat(rejection(tls.client(), tls.server(tls.write("foreign", foreign))))
        .isEqualTo(
            "the remote proxy's certificate is issued by 'CN=Foreign CA', which is not trusted; if"
                + " this is the right server, trust its issuer with --tls-ca, or this certificate"
                + " alone with --tls-pin "
                + Certificates.fingerprint(foreign.certificate()));
  }

  @Test
  void authorityOfEqualNameIsNotTrusted() throws Exception {
    var foreign = new TestAuthority("Test CA").issue("server");
    assertThat(rejection(tls.client(), tls.server(tls.write("foreign", foreign))))
        .startsWith("the remote proxy's certificate");
  }

  @Test
  void selfSignedCertificateIsAcceptedIfTrusted() throws Exception {
    var own = TestAuthority.selfSigned(new TestAuthority.Wish("server").names("localhost"));
    TlsServer server = tls.server(tls.write("own", own));
    assertThat(rejection(tls.client(), server))
        .startsWith("the remote proxy's certificate is self-signed and not trusted; if this is");
    assertConnects(
        tls.client(new TlsTrust.Authorities(folder.resolve("own.pem")), Optional.empty()), server);
  }

  @Test
  void messageNamesEndOfExpiredCertificate() throws Exception {
    Instant end = Instant.parse("2024-05-06T07:08:09Z");
    var wish =
        new TestAuthority.Wish("server")
            .names("localhost")
            .time(end.minus(Duration.ofDays(9)), end);
    var expired = tls.authority.issue(wish);
    TlsServer server = tls.server(tls.write("expired", expired));
    var failed = TlsPair.Failed.of(tls.client(), server);
    assertThat(messageOf(failed.client()))
        .isEqualTo("the remote proxy's certificate expired at 2024-05-06T07:08:09Z");
    assertThat(messageOf(failed.server())).contains("rejected this side's certificate");
    assertThat(tls.warnings)
        .map(SettingMessage::toString)
        .containsExactly(
            "--tls-cert "
                + folder.resolve("expired.pem")
                + ": the certificate expired at 2024-05-06T07:08:09Z; peers will reject it");
    assertConnects(pinning(expired), server);
  }

  @Test
  void messageNamesBeginOfCertificateNotYetValid() throws Exception {
    Instant begin = Instant.parse("2049-05-06T07:08:09Z");
    var wish =
        new TestAuthority.Wish("server")
            .names("localhost")
            .time(begin, begin.plus(Duration.ofDays(9)));
    TlsServer server = tls.server(tls.write("future", tls.authority.issue(wish)));
    assertThat(messageOf(TlsPair.Failed.of(tls.client(), server).client()))
        .startsWith("the remote proxy's certificate is not valid before 2049-05-06T07:08:09Z");
    assertThat(tls.warnings)
        .hasSize(1)
        .allMatch(line -> line.toString().contains("is not valid before"));
  }

  @Test
  void messageNamesNamesOfCertificateForAnotherServer() throws Exception {
    var wish = new TestAuthority.Wish("server").names("tunnel.example", "192.0.2.7");
    TlsServer server = tls.server(tls.write("other", tls.authority.issue(wish)));
    assertThat(rejection(tls.client(), server))
        .isEqualTo(
            "the remote proxy's certificate is for tunnel.example, 192.0.2.7, not for 'localhost';"
                + " if this is the right server, set its name with --tls-server-name");
    assertConnects(named("tunnel.example"), server);
    assertConnects(named("TUNNEL.example"), server);
    assertConnects(named("192.0.2.7"), server);
    assertThat(rejection(named("192.0.2.8"), server)).contains(", not for '192.0.2.8'");
    assertThat(rejection(named("a.tunnel.example"), server)).contains("not for 'a.tunnel.example'");
  }

  @Test
  void addressMustBeAnAddressInTheCertificate() throws Exception {
    TlsServer server = tls.server(tls.good());
    assertConnects(dialling("127.0.0.1"), server);
    assertConnects(dialling("::1"), server);
    assertThat(rejection(dialling("127.0.0.2"), server)).contains(", not for '127.0.0.2'");
    assertThat(rejection(dialling("::2"), server)).contains(", not for '::2'");
  }

  @Test
  void wildcardMatchesOneLabel() throws Exception {
    var wish = new TestAuthority.Wish("server").names("*.tunnel.example");
    TlsServer server = tls.server(tls.write("wild", tls.authority.issue(wish)));
    assertConnects(named("a.tunnel.example"), server);
    assertThat(rejection(named("tunnel.example"), server)).contains("*.tunnel.example, not for");
    assertThat(rejection(named("a.b.tunnel.example"), server)).contains(", not for ");
  }

  @Test
  void hostNameWithUnderscoreThatTheCertificateLacksIsRejected() throws Exception {
    assertThat(rejection(dialling("my_host"), tls.server(tls.good())))
        .contains("not for 'my_host'");
  }

  /** Names inside a network and complete names; each row: in the certificate, at the client. */
  @ParameterizedTest
  @CsvSource({
    "my_host, my_host",
    "my_host.example, MY_host.example",
    "my_host.example, my_host.example.",
    "tunnel.example., tunnel.example",
    "tunnel.example, tunnel.example.",
    "*.my_net.example, a_b.my_net.example.",
    "xn--mnchen-3ya.example, m\u00fcnchen.example"
  })
  void nameWithUnderscoreOrTrailingDotIsMatched(String certified, String name) throws Exception {
    var wish = new TestAuthority.Wish("server").names(certified);
    TlsServer server = tls.server(tls.write("server", tls.authority.issue(wish)));
    assertConnects(named(name), server);
    // Without --tls-server-name, the name is that of the address.
    var settings =
        new TlsClientSettings(new TlsTrust.Authorities(tls.ca), Optional.empty(), Optional.empty());
    assertConnects(tls.client(settings, new HostPort(name, 7835)), server);
    assertThat(rejection(named("other_host.example"), server))
        .contains("is for " + certified, "not for 'other_host.example'");
  }

  @Test
  void pinIgnoresNameIssuerAndValidity() throws Exception {
    var own = TestAuthority.selfSigned(new TestAuthority.Wish("server").names("elsewhere.example"));
    TlsServer server = tls.server(tls.write("own", own));
    assertConnects(pinning(own), server);
    assertConnects(pinning(own), server);
    var other = TestAuthority.selfSigned(new TestAuthority.Wish("server").names("localhost"));
    assertThat(rejection(pinning(other), server))
        .isEqualTo(
            "the remote proxy's certificate does not match --tls-pin; its SHA-256 fingerprint is "
                + Certificates.fingerprint(own.certificate()));
  }

  @Test
  void messagesNameSettingsAsWritten() throws Exception {
    var own = TestAuthority.selfSigned(new TestAuthority.Wish("server").names("localhost"));
    TlsServer server = tls.server(tls.write("own", own));
    tls.names = setting -> Optional.of(setting.variable());
    var other = TestAuthority.selfSigned(new TestAuthority.Wish("server").names("localhost"));
    assertThat(rejection(pinning(other), server)).contains("does not match CULVERT_TLS_PIN;");
    assertThat(rejection(tls.client(), server))
        .contains("trust its issuer with CULVERT_TLS_CA", "alone with CULVERT_TLS_PIN ");
    assertThat(rejection(named("other_host.example"), tls.server(tls.good())))
        .endsWith("set its name with CULVERT_TLS_SERVER_NAME");
  }

  @Test
  void pinDoesNotMatchIssuer() throws Exception {
    var below = tls.authority.below("Issuing CA");
    TlsServer server = tls.server(tls.write("server", below.issue("server")));
    assertThat(rejection(pinning(below.own()), server)).contains("does not match --tls-pin");
  }

  @Test
  void systemAuthoritiesDoNotTrustTestAuthority() throws Exception {
    TlsServer server = tls.server(tls.good());
    var system = new TlsTrust.SystemStore(Optional.empty());
    assertThat(rejection(tls.client(system, Optional.empty()), server))
        .contains("issued by 'CN=Test CA', which is not trusted");
    assertConnects(
        tls.client(new TlsTrust.SystemStore(Optional.of(tls.ca)), Optional.empty()), server);
  }

  @Test
  void serverAcceptsClientCertificate() throws Exception {
    TlsIdentity mine = tls.write("mine", tls.authority.issue(new TestAuthority.Wish("origin")));
    TlsClient client = tls.client(new TlsTrust.Authorities(tls.ca), Optional.of(mine));
    TlsServer server = tls.serverRequiringCertificates(tls.good());
    assertConnects(client, server);
    assertConnects(client, server);
    assertConnects(client, tls.server(tls.good()));
  }

  @Test
  void messageReportsMissingClientCertificate() throws Exception {
    var failed = TlsPair.Failed.of(tls.client(), tls.serverRequiringCertificates(tls.good()));
    assertThat(messageOf(failed.client()))
        .isIn(
            "the remote proxy requires a certificate of this side; set one with --tls-cert and "
                + "--tls-key (alert certificate_required)",
            // The alert of a server on Java 21.
            "the remote proxy rejected this side's certificate, or requires a certificate of this"
                + " side; set one with --tls-cert and --tls-key (alert bad_certificate)");
    assertThat(messageOf(failed.server()))
        .isEqualTo(
            "the origin proxy presented no certificate for --tls-client-ca: Empty client"
                + " certificate chain");
  }

  @Test
  void messageNamesUnknownIssuerOfClientCertificate() throws Exception {
    var foreign = new TestAuthority("Foreign CA").issue(new TestAuthority.Wish("origin"));
    TlsIdentity mine = tls.write("mine", foreign);
    TlsClient client = tls.client(new TlsTrust.Authorities(tls.ca), Optional.of(mine));
    var failed = TlsPair.Failed.of(client, tls.serverRequiringCertificates(tls.good()));
    assertThat(messageOf(failed.client()))
        .startsWith("the remote proxy rejected this side's certificate (alert ");
    assertThat(messageOf(failed.server()))
        .isEqualTo(
            "the origin proxy's certificate is issued by 'CN=Foreign CA', which is not trusted; see"
                + " --tls-client-ca");
  }

  /** The log contains text from the certificate of an unauthenticated peer. */
  @Test
  void controlCharactersOfNamesAreReplaced() throws Exception {
    var wicked = new TestAuthority("a\\0Ab\\1B[2J").issue("server");
    assertThat(rejection(tls.client(), tls.server(tls.write("wicked", wicked))))
        .matches("\\p{Print}+")
        .contains("'CN=a");
  }

  @Test
  void keyIsNotPrinted() throws Exception {
    var issued = tls.authority.issue("server");
    String key = HexFormat.of().formatHex(issued.keys().getPrivate().getEncoded());
    var loaded = IdentityLoader.load(tls.write("server", issued), PeerNames.ORIGIN_PROXY);
    assertThat(loaded.toString()).isEqualTo("CN=server").doesNotContain(key);
  }

  @Test
  void tls12IsRejectedOnLinks() throws Exception {
    var settings =
        new TlsClientSettings(new TlsTrust.Authorities(tls.ca), Optional.empty(), Optional.empty());
    TlsClient old = tls.client(settings, TlsSetup.ADDRESS, TlsContext.TLS_12);
    var failed = TlsPair.Failed.of(old, tls.server(tls.good()));
    assertThat(failed.client())
        .isInstanceOf(ProtocolException.class)
        .hasMessage(
            "the remote proxy and this side have no TLS version or cipher in common; is TLS 1.3"
                + " enabled there, or at the web server in front of it? (alert protocol_version)");
    assertThat(failed.server())
        .isInstanceOf(ProtocolException.class)
        .hasMessageStartingWith("invalid TLS data from the origin proxy: ")
        .hasMessageContaining("TLSv1.2");
  }

  private TlsClient named(String name) {
    return tls.client(
        new TlsClientSettings(
            new TlsTrust.Authorities(tls.ca), Optional.of(name), Optional.empty()),
        TlsSetup.ADDRESS);
  }

  private TlsClient dialling(String host) {
    return tls.client(
        new TlsClientSettings(new TlsTrust.Authorities(tls.ca), Optional.empty(), Optional.empty()),
        new HostPort(host, 7835));
  }

  private TlsClient pinning(TestAuthority.Issued issued) {
    String pin = Certificates.fingerprint(issued.certificate());
    return tls.client(TlsTrust.Pins.of(pin), Optional.empty());
  }
}
