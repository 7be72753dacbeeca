package culvert.transport.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.config.TlsIdentity;
import culvert.config.TlsServerSettings;
import culvert.config.TlsTrust;
import culvert.protocol.PeerNames;
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

/** Certificates are read again when their files change, and sessions are resumed until then. */
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

  /** As tools do it: a new file beside the old one takes its name. */
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

  /** Bytes the client got with the handshake and one byte behind it. */
  private static long received(Transport client, Transport server) throws Exception {
    try (var pair = TlsPair.open(client, server)) {
      echo(pair);
      return pair.near().received();
    }
  }

  private void shows(TlsServer server, TestAuthority.Issued issued) throws Exception {
    try (var pair = TlsPair.open(tls.client(), server)) {
      echo(pair);
      assertThat(pair.near().channelBinding())
          .isEqualTo(Certificates.binding(issued.certificate()));
      assertThat(pair.far().channelBinding()).isEqualTo(pair.near().channelBinding());
    }
  }

  @Test
  void aNewCertificateIsShownToWhoeverComesNextAndNobodyIsDropped() throws Exception {
    TlsServer server = tls.server(identity);
    try (var standing = TlsPair.open(tls.client(), server)) {
      echo(standing);
      replace("server", second);
      shows(server, second);
      echo(standing);
      assertThat(standing.far().channelBinding())
          .isEqualTo(Certificates.binding(first.certificate()));
    }
    assertThat(tls.complaints).isEmpty();
  }

  @Test
  void aBrokenFileKeepsTheOldCertificateAndIsToldOnce() throws Exception {
    TlsServer server = tls.server(identity);
    Path file = folder.resolve("server.pem");
    Files.writeString(file, "half a certif");
    shows(server, first);
    shows(server, first);
    assertThat(tls.complaints)
        .containsExactly(
            "--tls-cert "
                + file
                + ": no certificate is in it in PEM form (-----BEGIN CERTIFICATE-----); what was"
                + " read before stays in use");
    Files.delete(file);
    shows(server, first);
    assertThat(tls.complaints).hasSize(2).last().asString().contains("there is no such file");
    replace("server", second);
    shows(server, second);
    assertThat(tls.complaints).hasSize(2);
  }

  /** Between the two files of a change the certificate and the key do not fit. */
  @Test
  void aKeyThatComesLaterIsWaitedFor() throws Exception {
    TlsServer server = tls.server(identity);
    second.writeChain(folder.resolve("server.pem"));
    shows(server, first);
    assertThat(tls.complaints).hasSize(1).allMatch(line -> line.contains("does not belong"));
    second.writeKey(folder.resolve("server.key"));
    shows(server, second);
  }

  @Test
  void newAuthoritiesForClientsAreRead() throws Exception {
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
  void theClientsFilesAreReadAgainToo() throws Exception {
    var foreign = new TestAuthority("Foreign CA");
    TlsServer server = tls.server(tls.write("foreign", foreign.issue("server")));
    TlsClient client = tls.client();
    assertThat(TlsPair.Failed.of(client, server).client()).hasMessageContaining("Foreign CA");
    foreign.own().writeChain(folder.resolve("next.pem"));
    Files.move(folder.resolve("next.pem"), tls.ca, StandardCopyOption.ATOMIC_MOVE);
    received(client, server);
  }

  @Test
  void nobodyLooksAgainBeforeThePauseIsOver() throws Exception {
    var settings = new TlsServerSettings(identity, Optional.empty());
    var server =
        new TlsServer(
            settings,
            PeerNames.ORIGIN_PROXY,
            List.of(TlsContext.TLS_13),
            tls.pool,
            tls.complaints::add,
            Duration.ofHours(1));
    replace("server", second);
    shows(server, first);
  }

  @Test
  void filesThatAreWrongAtTheStartAreNamed() throws Exception {
    Files.delete(folder.resolve("server.key"));
    assertThatThrownBy(() -> tls.server(identity))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("--tls-key " + folder.resolve("server.key") + ": there is no such file");
  }

  /** A resumed session sends no certificate again: it is shorter by the chain. */
  @Test
  void whoComesAgainResumesItsSession() throws Exception {
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
      assertThat(received(client, server)).as("again %d", i).isLessThan(first - chain);
    }
    assertThat(received(tls.client(), server)).as("another client").isGreaterThan(chain);
  }

  /** The new certificate must be seen, and the session be bound to it. */
  @Test
  void aNewCertificateEndsWhatCouldBeResumed() throws Exception {
    TlsServer server = tls.server(identity);
    TlsClient client = tls.client();
    received(client, server);
    replace("server", second);
    try (var pair = TlsPair.open(client, server)) {
      assertThat(pair.near().channelBinding())
          .isEqualTo(Certificates.binding(second.certificate()));
      assertThat(pair.far().channelBinding()).isEqualTo(Certificates.binding(second.certificate()));
    }
  }
}
