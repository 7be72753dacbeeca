package culvert.origin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.config.OriginSettings;
import culvert.config.TlsClientSettings;
import culvert.config.TlsIdentity;
import culvert.config.TlsServerSettings;
import culvert.config.TlsTrust;
import culvert.config.TransportKind;
import culvert.net.HostPort;
import culvert.remote.RemoteProxy;
import culvert.testing.LeakCheck;
import culvert.testing.Ports;
import culvert.testing.RolePair;
import culvert.testing.TestAuthority;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The certificate of each remote proxy is checked against the host of its own address. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class SeveralRemotesTlsTest {

  private static final String NAME = "remotes.example";

  /** Reserved before the sockets of a test are counted. */
  private static HostPort reserved;

  @TempDir private Path folder;

  /** Of the certificates, in the order in which they were issued. */
  private final List<String> hashes = new ArrayList<>();

  private TestAuthority authority;
  private SeveralRemotes roles;

  @BeforeAll
  static void reserve() throws Exception {
    reserved = Ports.reserve();
  }

  @BeforeEach
  void start() throws Exception {
    authority = new TestAuthority("Test CA");
    roles = new SeveralRemotes();
  }

  @AfterEach
  void stop() throws Exception {
    roles.close();
  }

  private static String sha256(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  /** Returns options of a remote proxy whose certificate is valid for one host. */
  private RolePair.Options validFor(String host) throws Exception {
    TestAuthority.Issued issued = authority.issue(new TestAuthority.Wish("remote").names(host));
    hashes.add(sha256(issued.certificate().getEncoded()));
    var identity =
        new TlsIdentity.Pem(
            issued.writeChain(folder.resolve(host + ".pem")),
            issued.writeKey(folder.resolve(host + ".key")));
    Path ca = authority.own().writeChain(folder.resolve("ca.pem"));
    return new RolePair.Options()
        .transport(TransportKind.TLS)
        .tls(
            new TlsServerSettings(identity, Optional.empty()),
            new TlsClientSettings(new TlsTrust.Authorities(ca), Optional.empty(), Optional.empty()))
        .retryingWithin(Duration.ofSeconds(1));
  }

  @Test
  void remoteProxiesHavePinnedCertificatesOfTheirOwn() throws Exception {
    RolePair.Options options = validFor("one.example");
    RemoteProxy one = roles.remote(options);
    RemoteProxy two = roles.remote(validFor("two.example"));
    List<TlsTrust.Pin> pins = hashes.stream().map(TlsTrust.Pin::new).toList();
    RemoteProxy other = roles.remote(validFor("three.example"));
    options.tls(
        options.remoteSettings().tls().orElseThrow(),
        new TlsClientSettings(new TlsTrust.Pins(pins), Optional.empty(), Optional.empty()));
    roles.start(options, one.controlAddress(), two.controlAddress(), other.controlAddress());
    roles.awaitSession(1, one.controlAddress());
    roles.awaitSession(1, two.controlAddress());
    roles.log().await("remote proxy rejected", "remote_proxy=" + other.controlAddress());
  }

  @Test
  void certificateOfAnotherHostIsRejectedAtThatRemoteProxyOnly() throws Exception {
    RolePair.Options right = validFor("127.0.0.1");
    RemoteProxy serving = roles.remote(right);
    RemoteProxy other = roles.remote(validFor(NAME));
    roles.start(right, serving.controlAddress(), other.controlAddress());
    roles.awaitSession(1, serving.controlAddress());
    roles.log().await("remote proxy rejected", "remote_proxy=" + other.controlAddress());
    roles.visit(serving).close();
    roles.assertRuns();
  }

  @Test
  void fileThatCannotBeUsedKeepsTheRemoteProxiesAndTheSettings() throws Exception {
    RolePair.Options right = validFor("127.0.0.1");
    RemoteProxy serving = roles.remote(right);
    roles.start(right, serving.controlAddress());
    roles.awaitSession(1, serving.controlAddress());
    OriginSettings before = roles.origin().settings();
    RolePair.Options wrong = validFor("127.0.0.1");
    wrong.tls(
        wrong.remoteSettings().tls().orElseThrow(),
        new TlsClientSettings(
            new TlsTrust.Authorities(folder.resolve("none.pem")),
            Optional.empty(),
            Optional.empty()));
    assertThatThrownBy(() -> roles.reload(wrong, reserved, serving.controlAddress()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(roles.origin().settings()).isSameAs(before);
    roles.visit(serving).close();
    assertThat(roles.lines("remote_proxy=" + reserved)).isZero();
  }

  @Test
  void certificatesOfAllAddressesAreValidForTheName() throws Exception {
    RolePair.Options options = validFor(NAME);
    int port = reserved.port();
    var one = new HostPort("127.0.0.1", port);
    var two = new HostPort("127.0.0.2", port);
    roles.remote(options, one);
    roles.remote(options, two);
    roles.resolve(one.host(), two.host());
    roles.start(options, "all:" + NAME + ":" + port);
    roles.awaitSession(1, one);
    roles.awaitSession(1, two);
  }
}
