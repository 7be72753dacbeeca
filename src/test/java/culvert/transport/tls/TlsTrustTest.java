package culvert.transport.tls;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.TlsClientSettings;
import culvert.config.TlsIdentity;
import culvert.config.TlsTrust;
import culvert.net.HostPort;
import culvert.protocol.ByeReason;
import culvert.protocol.ProtocolException;
import culvert.protocol.RefusedException;
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
import org.junit.jupiter.params.provider.ValueSource;

/** Whom TLS takes for whom, and the sentence for whom it does not. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class TlsTrustTest {

  @TempDir private Path folder;

  private TlsSetup tls;

  @BeforeEach
  void setUp() throws Exception {
    tls = new TlsSetup(folder);
  }

  private static void works(Transport client, Transport server) throws Exception {
    try (var pair = TlsPair.open(client, server)) {
      pair.near().output().write(1);
      pair.far().output().write(pair.far().input().read());
      assertThat(pair.near().input().read()).isEqualTo(1);
    }
  }

  /** The client says why; the server hears no more than that it was refused. */
  private static String refused(Transport client, Transport server) throws Exception {
    var failed = TlsPair.Failed.of(client, server);
    assertThat(failed.server())
        .isInstanceOf(RefusedException.class)
        .hasMessageStartingWith("the origin proxy refused this side's certificate");
    return credentials(failed.client());
  }

  private static String credentials(Exception failure) {
    assertThat(failure).isInstanceOf(RefusedException.class);
    assertThat(((RefusedException) failure).reason()).isEqualTo(ByeReason.CREDENTIALS);
    assertThat(failure.getMessage()).doesNotContain("\n");
    return failure.getMessage();
  }

  @ParameterizedTest
  @ValueSource(strings = {"EC", "RSA", "Ed25519"})
  void everyKindOfKeyServes(String algorithm) throws Exception {
    var wish = new TestAuthority.Wish("server").names("localhost").algorithm(algorithm);
    works(tls.client(), tls.server(tls.write("server", tls.authority.issue(wish))));
  }

  @Test
  void anIssuerInBetweenIsShownByTheServer() throws Exception {
    var below = tls.authority.below("Issuing CA");
    works(tls.client(), tls.server(tls.write("server", below.issue("server"))));
  }

  @Test
  void anUnknownIssuerIsNamed() throws Exception {
    var foreign = new TestAuthority("Foreign CA").issue("server");
    assertThat(refused(tls.client(), tls.server(tls.write("foreign", foreign))))
        .isEqualTo(
            "the remote proxy's certificate comes from an issuer that is not trusted here, "
                + "'CN=Foreign CA'; if it is the right server, trust its issuer with --tls-ca, or "
                + "just this one with --tls-pin "
                + Certificates.fingerprint(foreign.certificate()));
  }

  @Test
  void anAuthorityOfTheSameNameIsAnother() throws Exception {
    var foreign = new TestAuthority("Test CA").issue("server");
    assertThat(refused(tls.client(), tls.server(tls.write("foreign", foreign))))
        .startsWith("the remote proxy's certificate");
  }

  @Test
  void oneSignedByItselfIsTakenIfItIsTheOneTrusted() throws Exception {
    var own = TestAuthority.selfSigned(new TestAuthority.Wish("server").names("localhost"));
    TlsServer server = tls.server(tls.write("own", own));
    assertThat(refused(tls.client(), server))
        .startsWith(
            "the remote proxy's certificate is signed by itself and not trusted here; if it is");
    works(
        tls.client(new TlsTrust.Authorities(folder.resolve("own.pem")), Optional.empty()), server);
  }

  @Test
  void anExpiredCertificateIsToldWithItsEnd() throws Exception {
    Instant end = Instant.parse("2024-05-06T07:08:09Z");
    var wish =
        new TestAuthority.Wish("server")
            .names("localhost")
            .time(end.minus(Duration.ofDays(9)), end);
    var expired = tls.authority.issue(wish);
    TlsServer server = tls.server(tls.write("expired", expired));
    var failed = TlsPair.Failed.of(tls.client(), server);
    assertThat(credentials(failed.client()))
        .isEqualTo("the remote proxy's certificate has expired at 2024-05-06T07:08:09Z");
    assertThat(credentials(failed.server())).contains("refused this side's certificate");
    assertThat(tls.complaints)
        .containsExactly(
            "--tls-cert "
                + folder.resolve("expired.pem")
                + ": the certificate has expired at 2024-05-06T07:08:09Z; peers will refuse it");
    works(pinning(expired), server);
  }

  @Test
  void aCertificateOfTheFutureIsToldWithItsBegin() throws Exception {
    Instant begin = Instant.parse("2049-05-06T07:08:09Z");
    var wish =
        new TestAuthority.Wish("server")
            .names("localhost")
            .time(begin, begin.plus(Duration.ofDays(9)));
    TlsServer server = tls.server(tls.write("future", tls.authority.issue(wish)));
    assertThat(credentials(TlsPair.Failed.of(tls.client(), server).client()))
        .startsWith("the remote proxy's certificate is not valid before 2049-05-06T07:08:09Z");
    assertThat(tls.complaints).hasSize(1).allMatch(line -> line.contains("is not valid before"));
  }

  @Test
  void aWrongNameIsToldWithTheRightOnes() throws Exception {
    var wish = new TestAuthority.Wish("server").names("tunnel.example", "192.0.2.7");
    TlsServer server = tls.server(tls.write("other", tls.authority.issue(wish)));
    assertThat(refused(tls.client(), server))
        .isEqualTo(
            "the remote proxy's certificate is for tunnel.example, 192.0.2.7 and not for "
                + "'localhost'; if it is the right server, say its name with --tls-server-name");
    works(named("tunnel.example"), server);
    works(named("TUNNEL.example"), server);
    works(named("192.0.2.7"), server);
    assertThat(refused(named("192.0.2.8"), server)).contains("and not for '192.0.2.8'");
    assertThat(refused(named("a.tunnel.example"), server)).contains("not for 'a.tunnel.example'");
  }

  @Test
  void anAddressMustStandInTheCertificateAsAnAddress() throws Exception {
    TlsServer server = tls.server(tls.good());
    works(dialling("127.0.0.1"), server);
    works(dialling("::1"), server);
    assertThat(refused(dialling("127.0.0.2"), server)).contains("and not for '127.0.0.2'");
    assertThat(refused(dialling("::2"), server)).contains("and not for '::2'");
  }

  @Test
  void aWildcardStandsForOneLabel() throws Exception {
    var wish = new TestAuthority.Wish("server").names("*.tunnel.example");
    TlsServer server = tls.server(tls.write("wild", tls.authority.issue(wish)));
    works(named("a.tunnel.example"), server);
    assertThat(refused(named("tunnel.example"), server)).contains("*.tunnel.example and not for");
    assertThat(refused(named("a.b.tunnel.example"), server)).contains("and not for");
  }

  @Test
  void aHostThatNoCertificateCanBearIsARefusalAndNoBug() throws Exception {
    assertThat(refused(dialling("my_host"), tls.server(tls.good()))).contains("not for 'my_host'");
  }

  @Test
  void aPinDecidesAlone() throws Exception {
    var own = TestAuthority.selfSigned(new TestAuthority.Wish("server").names("elsewhere.example"));
    TlsServer server = tls.server(tls.write("own", own));
    works(pinning(own), server);
    works(pinning(own), server);
    var other = TestAuthority.selfSigned(new TestAuthority.Wish("server").names("localhost"));
    assertThat(refused(pinning(other), server))
        .isEqualTo(
            "the remote proxy's certificate is not the one that --tls-pin names; what came has the "
                + "SHA-256 fingerprint "
                + Certificates.fingerprint(own.certificate()));
  }

  @Test
  void aPinIsOfTheServersOwnCertificateAndNotItsIssuers() throws Exception {
    var below = tls.authority.below("Issuing CA");
    TlsServer server = tls.server(tls.write("server", below.issue("server")));
    assertThat(refused(pinning(below.own()), server)).contains("not the one that --tls-pin names");
  }

  @Test
  void theSystemsAuthoritiesDoNotVouchForATest() throws Exception {
    TlsServer server = tls.server(tls.good());
    var system = new TlsTrust.SystemStore(Optional.empty());
    assertThat(refused(tls.client(system, Optional.empty()), server))
        .contains("not trusted here, 'CN=Test CA'");
    works(tls.client(new TlsTrust.SystemStore(Optional.of(tls.ca)), Optional.empty()), server);
  }

  @Test
  void aClientsCertificateIsTakenWhereOneIsAsked() throws Exception {
    TlsIdentity mine = tls.write("mine", tls.authority.issue(new TestAuthority.Wish("origin")));
    TlsClient client = tls.client(new TlsTrust.Authorities(tls.ca), Optional.of(mine));
    TlsServer server = tls.strict(tls.good());
    works(client, server);
    works(client, server);
    works(client, tls.server(tls.good()));
  }

  @Test
  void aClientWithoutACertificateIsToldThatOneIsAsked() throws Exception {
    var failed = TlsPair.Failed.of(tls.client(), tls.strict(tls.good()));
    assertThat(credentials(failed.client()))
        .isIn(
            "the remote proxy wants a certificate of this side and got none; give it one with "
                + "--tls-cert and --tls-key (alert certificate_required)",
            // The alert of a server on Java 21.
            "the remote proxy refused this side's certificate (alert bad_certificate)");
    assertThat(credentials(failed.server()))
        .isEqualTo(
            "the origin proxy shows no certificate that --tls-client-ca could let in: Empty client"
                + " certificate chain");
  }

  @Test
  void aForeignClientsIssuerIsNamed() throws Exception {
    var foreign = new TestAuthority("Foreign CA").issue(new TestAuthority.Wish("origin"));
    TlsIdentity mine = tls.write("mine", foreign);
    TlsClient client = tls.client(new TlsTrust.Authorities(tls.ca), Optional.of(mine));
    var failed = TlsPair.Failed.of(client, tls.strict(tls.good()));
    assertThat(credentials(failed.client()))
        .startsWith("the remote proxy refused this side's certificate (alert ");
    assertThat(credentials(failed.server()))
        .isEqualTo(
            "the origin proxy's certificate comes from an issuer that is not trusted here, "
                + "'CN=Foreign CA'; see --tls-client-ca");
  }

  /** What a stranger writes into its certificate goes into our log. */
  @Test
  void aNameThatWouldBreakTheLineIsMadeHarmless() throws Exception {
    var wicked = new TestAuthority("a\\0Ab\\1B[2J").issue("server");
    assertThat(refused(tls.client(), tls.server(tls.write("wicked", wicked))))
        .matches("\\p{Print}+")
        .contains("'CN=a");
  }

  @Test
  void theFilesOfBothSidesAreNeverPrinted() throws Exception {
    var issued = tls.authority.issue("server");
    String key = HexFormat.of().formatHex(issued.keys().getPrivate().getEncoded());
    var loaded = IdentityLoader.load(tls.write("server", issued));
    assertThat(loaded.toString()).isEqualTo("CN=server").doesNotContain(key);
  }

  @Test
  void anOlderVersionIsRefusedByOurOwnLegs() throws Exception {
    var settings =
        new TlsClientSettings(new TlsTrust.Authorities(tls.ca), Optional.empty(), Optional.empty());
    TlsClient old = tls.client(settings, TlsSetup.ADDRESS, TlsContext.TLS_12);
    var failed = TlsPair.Failed.of(old, tls.server(tls.good()));
    assertThat(failed.client())
        .isInstanceOf(ProtocolException.class)
        .hasMessage(
            "the remote proxy and this side have no version or cipher of TLS in common (alert "
                + "protocol_version)");
    assertThat(failed.server())
        .isInstanceOf(ProtocolException.class)
        .hasMessageStartingWith("what the origin proxy sends is not right in TLS: ")
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
    return tls.client(new TlsTrust.Pin(pin), Optional.empty());
  }
}
