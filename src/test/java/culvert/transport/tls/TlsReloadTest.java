package culvert.transport.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.config.TlsIdentity;
import culvert.config.TlsServerSettings;
import culvert.config.TlsTrust;
import culvert.protocol.PeerNames;
import culvert.setting.SettingMessage;
import culvert.testing.LeakCheck;
import culvert.testing.TestAuthority;
import culvert.transport.Transport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Reload of certificates when their files change, and resumption of sessions until then. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class TlsReloadTest {

  @TempDir private Path folder;

  private TlsSetup tls;
  private TestAuthority.Issued first;
  private TestAuthority.Issued second;
  private TlsIdentity identity;

  @BeforeEach
  void setUp() throws Exception {
    tls = new TlsSetup(folder);
    first = tls.authority.issue("first");
    second = tls.authority.issue("second");
    identity = tls.write("server", first);
  }

  /** Replaces files as tools do: a new file is renamed to the old one's name. */
  private void replace(String name, TestAuthority.Issued issued) throws Exception {
    tls.write("next", issued);
    for (String suffix : List.of(".pem", ".key")) {
      Files.move(
          folder.resolve("next" + suffix),
          folder.resolve(name + suffix),
          StandardCopyOption.ATOMIC_MOVE);
    }
  }

  private static void echo(TlsPair pair) throws IOException {
    pair.near().output().write(5);
    pair.far().output().write(pair.far().input().read());
    assertThat(pair.near().input().read()).isEqualTo(5);
  }

  /** Returns the bytes that the client received for the handshake and one byte of payload. */
  private static long received(Transport client, Transport server) throws Exception {
    try (var pair = TlsPair.open(client, server)) {
      echo(pair);
      return pair.near().received();
    }
  }

  private void assertPresents(TlsServer server, TestAuthority.Issued issued) throws Exception {
    try (var pair = TlsPair.open(tls.client(), server)) {
      echo(pair);
      assertThat(pair.near().channelBinding())
          .isEqualTo(Certificates.channelBinding(issued.certificate()));
      assertThat(pair.far().channelBinding()).isEqualTo(pair.near().channelBinding());
    }
  }

  @Test
  void newCertificateIsUsedForNewConnectionsAndKeepsOldOnes() throws Exception {
    TlsServer server = tls.server(identity);
    try (var standing = TlsPair.open(tls.client(), server)) {
      echo(standing);
      replace("server", second);
      assertPresents(server, second);
      echo(standing);
      assertThat(standing.far().channelBinding())
          .isEqualTo(Certificates.channelBinding(first.certificate()));
    }
    assertThat(tls.warnings).isEmpty();
  }

  @Test
  void invalidFileKeepsOldCertificateAndIsReportedOnce() throws Exception {
    TlsServer server = tls.server(identity);
    Path file = folder.resolve("server.pem");
    Files.writeString(file, "half a certif");
    assertPresents(server, first);
    assertPresents(server, first);
    assertThat(tls.warnings)
        .map(SettingMessage::toString)
        .containsExactly(
            "--tls-cert "
                + file
                + ": the file has no certificate in PEM form (-----BEGIN CERTIFICATE-----); the"
                + " previous version stays in use");
    assertThat(tls.warnings.getFirst().text(setting -> Optional.of(setting.variable())))
        .startsWith("CULVERT_TLS_CERT " + file + ": ");
    Files.delete(file);
    assertPresents(server, first);
    assertThat(tls.warnings).hasSize(2).last().asString().contains("there is no such file");
    replace("server", second);
    assertPresents(server, second);
    assertThat(tls.warnings).hasSize(2);
  }

  /** While only one of the two files is replaced, certificate and key do not match. */
  @Test
  void certificateIsUsedOnceItsKeyIsReplacedToo() throws Exception {
    TlsServer server = tls.server(identity);
    second.writeChain(folder.resolve("server.pem"));
    assertPresents(server, first);
    assertThat(tls.warnings)
        .hasSize(1)
        .allMatch(line -> line.toString().contains("does not match"));
    second.writeKey(folder.resolve("server.key"));
    assertPresents(server, second);
  }

  @Test
  void serverReloadsAuthoritiesForClients() throws Exception {
    var foreign = new TestAuthority("Foreign CA");
    TlsIdentity mine = tls.write("mine", foreign.issue(new TestAuthority.Wish("origin")));
    Path clients = tls.authority.own().writeChain(folder.resolve("clients.pem"));
    var settings = new TlsServerSettings(identity, Optional.of(clients));
    TlsServer server = tls.server(settings, TlsContext.TLS_13);
    TlsClient client = tls.client(new TlsTrust.Authorities(tls.ca), Optional.of(mine));
    assertThat(TlsPair.Failed.of(client, server).server()).hasMessageContaining("Foreign CA");
    foreign.own().writeChain(folder.resolve("next.pem"));
    Files.move(folder.resolve("next.pem"), clients, StandardCopyOption.ATOMIC_MOVE);
    received(client, server);
  }

  @Test
  void clientReloadsItsFiles() throws Exception {
    var foreign = new TestAuthority("Foreign CA");
    TlsServer server = tls.server(tls.write("foreign", foreign.issue("server")));
    TlsClient client = tls.client();
    assertThat(TlsPair.Failed.of(client, server).client()).hasMessageContaining("Foreign CA");
    foreign.own().writeChain(folder.resolve("next.pem"));
    Files.move(folder.resolve("next.pem"), tls.ca, StandardCopyOption.ATOMIC_MOVE);
    received(client, server);
  }

  @Test
  void filesAreNotCheckedBeforeTheIntervalEnds() throws Exception {
    var settings = new TlsServerSettings(identity, Optional.empty());
    var server =
        new TlsServer(
            settings,
            PeerNames.ORIGIN_PROXY,
            new TlsRuntime(
                List.of(TlsContext.TLS_13), tls.pool, tls.warnings::add, Duration.ofHours(1)));
    replace("server", second);
    assertPresents(server, first);
  }

  @Test
  void messageNamesFileThatIsInvalidAtStart() throws Exception {
    Files.delete(folder.resolve("server.key"));
    assertThatThrownBy(() -> tls.server(identity))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("--tls-key " + folder.resolve("server.key") + ": there is no such file");
  }

  /** A resumed session sends no certificate again: it is shorter by the chain. */
  @Test
  void secondConnectionResumesSession() throws Exception {
    var below = tls.authority.below("Issuing CA");
    var issued = below.issue("server");
    TlsServer server = tls.server(tls.write("long", issued));
    long chain = 0;
    for (var certificate : issued.chain()) {
      chain += certificate.getEncoded().length;
    }
    TlsClient client = tls.client();
    long first = received(client, server);
    assertThat(first).as("first").isGreaterThan(chain);
    for (int i = 0; i < 5; i++) {
      assertThat(received(client, server)).as("resumed %d", i).isLessThan(first - chain);
    }
    assertThat(received(tls.client(), server)).as("another client").isGreaterThan(chain);
  }

  /** The client must verify the new certificate, and the channel binding must be its hash. */
  @Test
  void newCertificatePreventsResumption() throws Exception {
    TlsServer server = tls.server(identity);
    TlsClient client = tls.client();
    received(client, server);
    replace("server", second);
    try (var pair = TlsPair.open(client, server)) {
      assertThat(pair.near().channelBinding())
          .isEqualTo(Certificates.channelBinding(second.certificate()));
      assertThat(pair.far().channelBinding())
          .isEqualTo(Certificates.channelBinding(second.certificate()));
    }
  }
}
