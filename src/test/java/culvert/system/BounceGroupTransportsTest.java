package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.BounceAuthentication;
import culvert.config.BounceCredentials;
import culvert.config.GroupAddress;
import culvert.config.GroupNumber;
import culvert.config.TlsClientSettings;
import culvert.config.TlsIdentity;
import culvert.config.TlsServerSettings;
import culvert.config.TlsTrust;
import culvert.config.TransportKind;
import culvert.config.WebSocketSettings;
import culvert.net.HostPort;
import culvert.origin.OriginProxy;
import culvert.testing.LeakCheck;
import culvert.testing.PairingBounceServer;
import culvert.testing.RolePair;
import culvert.testing.TestAuthority;
import culvert.testing.TestServer;
import culvert.testing.TransportVariant;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Transports to a bounce server, and transports between the proxies within the group. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class BounceGroupTransportsTest {

  private static final String AUTHENTICATION = "hello";
  private static final int MEGABYTE = 1 << 20;

  @TempDir private static Path folder;

  private static TlsServerSettings identity;
  private static TlsServerSettings identityForCertifiedMembers;
  private static TlsIdentity ofMember;
  private static TlsTrust trust;
  private static TlsTrust distrust;

  @BeforeAll
  static void certificates() throws Exception {
    var authority = new TestAuthority("Bounce CA");
    var issued = authority.issue("bounce");
    identity =
        new TlsServerSettings(
            new TlsIdentity.Pem(
                issued.writeChain(folder.resolve("bounce-cert.pem")),
                issued.writeKey(folder.resolve("bounce-key.pem"))),
            Optional.empty());
    Path ca = authority.own().writeChain(folder.resolve("bounce-ca.pem"));
    trust = new TlsTrust.Authorities(ca);
    identityForCertifiedMembers = new TlsServerSettings(identity.identity(), Optional.of(ca));
    var member = authority.issue("member");
    ofMember =
        new TlsIdentity.Pem(
            member.writeChain(folder.resolve("member-cert.pem")),
            member.writeKey(folder.resolve("member-key.pem")));
    distrust =
        new TlsTrust.Authorities(
            new TestAuthority("Other CA").own().writeChain(folder.resolve("other-ca.pem")));
  }

  private static PairingBounceServer place(TransportKind kind) throws IOException {
    return place(kind, identity);
  }

  private static PairingBounceServer place(TransportKind kind, TlsServerSettings tls)
      throws IOException {
    return new PairingBounceServer(
        new HostPort("127.0.0.1", 0),
        AUTHENTICATION,
        kind,
        Optional.of(tls).filter(own -> kind.isTls()));
  }

  private static RolePair.Options meeting(
      RolePair.Options options, PairingBounceServer bounce, TransportKind kind, TlsTrust trust) {
    return meeting(
        options, bounce, kind, new TlsClientSettings(trust, Optional.empty(), Optional.empty()));
  }

  private static RolePair.Options meeting(
      RolePair.Options options,
      PairingBounceServer bounce,
      TransportKind kind,
      TlsClientSettings tls) {
    return options.meeting(
        new BounceCredentials(
            Optional.of(BounceAuthentication.of(AUTHENTICATION)),
            Optional.of(tls).filter(own -> kind.isTls()),
            WebSocketSettings.DEFAULT),
        new GroupAddress(kind, bounce.address(), new GroupNumber(0xffff)));
  }

  /** Returns a pair that meets over TLS, without an origin server: no visitor gets through. */
  private static RolePair unserved(PairingBounceServer bounce, TlsTrust trust) throws Exception {
    var options = meeting(new RolePair.Options(), bounce, TransportKind.TLS, trust);
    return new RolePair(new HostPort("127.0.0.1", 1), options);
  }

  private static void assertCarries(RolePair.Options options) throws Exception {
    try (var server =
            new TestServer(c -> {
              int n = c.getInputStream().readAllBytes().length;
              c.getOutputStream().write(new byte[2 * n]);
            });
        var tunnel = RolePair.to(server.address(), options);
        Socket visitor = tunnel.visit()) {
      visitor.getOutputStream().write(new byte[MEGABYTE]);
      visitor.shutdownOutput();
      assertThat(visitor.getInputStream().readAllBytes()).hasSize(2 * MEGABYTE);
      assertThat(tunnel.log()).doesNotContain("WARN");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"PLAIN", "TLS", "WS", "WSS"})
  void pairServesOverEachTransportToTheBounceServer(TransportKind kind) throws Exception {
    try (var bounce = place(kind)) {
      assertCarries(meeting(new RolePair.Options(), bounce, kind, trust));
    }
  }

  /** The inner certificate is the remote proxy's, although the address is the bounce server's. */
  @ParameterizedTest
  @EnumSource(TransportVariant.class)
  void pairServesOverEachTransportWithinTheGroup(TransportVariant transport) throws Exception {
    try (var bounce = place(TransportKind.TLS)) {
      assertCarries(meeting(transport.options(folder), bounce, TransportKind.TLS, trust));
    }
  }

  @Test
  void untrustedBounceServerCertificateIsLogged() throws Exception {
    try (var bounce = place(TransportKind.TLS);
        var tunnel = unserved(bounce, distrust)) {
      tunnel.join();
      assertThat(tunnel.end()).isEqualTo(OriginProxy.End.CREDENTIALS);
      tunnel.awaitLog("group not joined", "the bounce server's certificate");
      tunnel.awaitLog("bounce server rejected", "the bounce server's certificate");
      assertThat(tunnel.log())
          .contains(
              "trust its issuer with --bounce-tls-ca, or this certificate alone with"
                  + " --bounce-tls-pin")
          .doesNotContain("the remote proxy's certificate")
          .doesNotContain("--tls-");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"TLS", "WSS"})
  void pairServesAtABounceServerThatRequiresCertificates(TransportKind kind) throws Exception {
    try (var bounce = place(kind, identityForCertifiedMembers)) {
      var tls = new TlsClientSettings(trust, Optional.empty(), Optional.of(ofMember));
      assertCarries(meeting(new RolePair.Options(), bounce, kind, tls));
    }
  }

  /** A link's settings have other names in the same command. */
  @Test
  void missingCertificateForTheBounceServerIsLoggedWithTheSettingsForIt() throws Exception {
    try (var bounce = place(TransportKind.TLS, identityForCertifiedMembers);
        var tunnel = unserved(bounce, trust)) {
      tunnel.join();
      assertThat(tunnel.end()).isEqualTo(OriginProxy.End.CREDENTIALS);
      // On Java 21 the bounce server sends the alert for a rejected certificate, with other words.
      String hint =
          "requires a certificate of this side; set one with --bounce-tls-cert and"
              + " --bounce-tls-key";
      tunnel.awaitLog("group not joined", "the bounce server", hint);
      tunnel.awaitLog("login refused by bounce server", hint);
    }
  }

  @Test
  void tlsOnOneSideOnlyIsLogged() throws Exception {
    try (var bounce = place(TransportKind.PLAIN);
        var tunnel = unserved(bounce, trust)) {
      tunnel.join();
      assertThat(tunnel.end()).isEqualTo(OriginProxy.End.UNREACHABLE);
      tunnel.awaitLog(
          "session not started",
          "the bounce server does not use TLS",
          "does the scheme of the bounce URL match the server's --transport?");
    }
  }
}
