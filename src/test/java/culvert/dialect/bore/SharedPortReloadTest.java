package culvert.dialect.bore;

import static culvert.dialect.bore.SharedPort.ANY_PORT;
import static culvert.dialect.bore.SharedPort.answerTo;
import static culvert.dialect.bore.SharedPort.assertServed;
import static culvert.dialect.bore.SharedPort.assertServes;
import static culvert.dialect.bore.SharedPort.authenticated;
import static culvert.dialect.bore.SharedPort.channel;
import static culvert.dialect.bore.SharedPort.client;
import static culvert.dialect.bore.SharedPort.control;
import static culvert.dialect.bore.SharedPort.join;
import static culvert.dialect.bore.SharedPort.shared;
import static culvert.dialect.bore.SharedPort.visited;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.cli.RemoteEndpoints;
import culvert.config.BoreServerSettings;
import culvert.net.HostPort;
import culvert.remote.RemoteProxy;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.ReservedPorts;
import culvert.testing.RolePair;
import culvert.testing.SeparateRoles;
import culvert.testing.TestClient;
import culvert.testing.TestLog;
import culvert.testing.TestServer;
import culvert.testing.TransportVariant;
import java.net.ConnectException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The protocols or the secret of an address change while bore clients are logged in. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class SharedPortReloadTest {

  @TempDir private Path folder;

  /** A visitor of an origin proxy stays connected. */
  @Test
  void reloadChangesTheProtocolsOfNewConnections() throws Exception {
    var alone = new RolePair.Options();
    try (var server = TestServer.echo();
        var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(alone);
        var origin = roles.origin(server.address(), alone, control(remote))) {
      origin.announced();
      try (Socket visitor = TestClient.dial(remote.outsideAddresses().get("default"))) {
        TestClient.assertEchoes(visitor, "before");
        remote.reload(shared("abc").remoteSettings());
        assertServes(remote, "abc");
        remote.reload(shared("abd").remoteSettings());
        assertServes(remote, "abd");
        remote.reload(alone.remoteSettings());
        assertThat(answerTo(remote, "{\"Hello\":0}\0")).contains("does not serve bore clients");
        TestClient.assertEchoes(visitor, "after");
      }
    }
  }

  /** Its data channels prove the secret with which it has logged in. */
  @Test
  void clientServesNewVisitorsAfterItsSecretWasReplaced() throws Exception {
    try (var server = TestServer.echo();
        var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(shared("abc").boreAddress(ANY_PORT));
        var one = client(remote.controlAddress(), server, "abc");
        var other = client(remote.boreAddress(), server, "abc")) {
      HostPort ofOne = one.announced();
      HostPort ofOther = other.announced();
      remote.reload(shared("abd").boreAddress(ANY_PORT).remoteSettings());
      Eventually.within(RolePair.LIMIT, () -> assertServed(ofOne));
      Eventually.within(RolePair.LIMIT, () -> assertServed(ofOther));
      try (var late =
          new Client(
              remote.boreAddress(), server.address(), new Client.Options().secret("abc").once())) {
        late.end();
        late.awaitLog("invalid secret");
      }
      assertServes(remote, "abd");
    }
  }

  @Test
  void replacedSecretOpensNoDataChannelOfAnotherClient() throws Exception {
    try (var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(shared("abc").boreAddress(ANY_PORT));
        var former = join(remote.boreAddress(), "abc")) {
      remote.reload(shared("abd").boreAddress(ANY_PORT).remoteSettings());
      try (var current = join(remote.boreAddress(), "abd");
          Socket one = TestClient.dial(new HostPort("127.0.0.1", former.port()));
          Socket other = TestClient.dial(new HostPort("127.0.0.1", current.port()))) {
        String ofFormer = former.control().announced();
        String ofCurrent = current.control().announced();
        try (var wrong = authenticated(remote.boreAddress(), "abc");
            var right = authenticated(remote.boreAddress(), "abc")) {
          wrong.send("{\"Accept\":\"" + ofCurrent + "\"}");
          assertThat(wrong.rest()).isEqualTo("{\"Error\":\"invalid secret\"}\0");
          right.send("{\"Accept\":\"" + ofFormer + "\"}");
          right.sendRaw("hi");
          assertThat(one.getInputStream().readNBytes(2)).asString().isEqualTo("hi");
        }
        assertThat(other.getInputStream().available()).isZero();
      }
    }
  }

  private static final String NOT_SERVED =
      "{\"Error\":\"the remote proxy does not serve bore clients at this address any more\"}\0";

  private static void assertClosed(HostPort address) throws Exception {
    Eventually.within(
        RolePair.LIMIT,
        () ->
            assertThatThrownBy(() -> TestClient.dial(address).close())
                .isInstanceOf(ConnectException.class));
  }

  /** Its port stayed open, and each visitor waited for a data channel that no endpoint accepts. */
  @Test
  void clientWhoseProtocolWasRemovedEndsWithItsLastVisitor() throws Exception {
    try (var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(shared((String) null));
        var client = join(remote.controlAddress());
        Socket visitor = TestClient.dial(visited(client));
        var channel = channel(remote.controlAddress(), client)) {
      assertCarries(channel, visitor, "a");
      remote.reload(new RolePair.Options().remoteSettings());
      assertClosed(visited(client));
      assertCarries(channel, visitor, "b");
      channel.leave();
      visitor.shutdownOutput();
      assertThat(client.control().rest()).endsWith(NOT_SERVED);
      roles.awaitLog("session ended", "does not serve bore clients at this address any more");
    }
  }

  /** It connects to the control address for each visitor, and not to the other one. */
  @Test
  void clientWhoseProtocolWasRemovedEndsAlsoIfAnotherAddressServesIt() throws Exception {
    try (var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(shared((String) null).boreAddress(ANY_PORT));
        var client = join(remote.controlAddress());
        var other = join(remote.boreAddress())) {
      remote.reload(boreOnly().remoteSettings());
      assertThat(client.control().rest()).endsWith(NOT_SERVED);
      assertClosed(visited(client));
      assertServedByChannel(remote.boreAddress(), other);
    }
  }

  /** The address that has moved would be kept for data channels that it does not accept. */
  @Test
  void clientWhoseProtocolWasRemovedEndsAlsoIfItsAddressMoves() throws Exception {
    try (var ports = new ReservedPorts();
        var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(shared((String) null).boreAddress(ANY_PORT));
        var client = join(remote.controlAddress());
        var other = join(remote.boreAddress())) {
      HostPort before = remote.controlAddress();
      remote.reload(boreOnly().remoteSettings(Optional.of(ports.next()), "127.0.0.1:0"));
      assertThat(client.control().rest()).endsWith(NOT_SERVED);
      assertClosed(before);
      assertServedByChannel(remote.boreAddress(), other);
    }
  }

  @Test
  void clientOfAnAddressThatWasRemovedEndsAlsoIfTheControlAddressServesIt() throws Exception {
    try (var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(shared((String) null).boreAddress(ANY_PORT));
        var client = join(remote.boreAddress());
        var other = join(remote.controlAddress())) {
      HostPort before = remote.boreAddress();
      remote.reload(shared((String) null).remoteSettings());
      assertThat(client.control().rest()).endsWith(NOT_SERVED);
      assertClosed(before);
      assertServedByChannel(remote.controlAddress(), other);
    }
  }

  private static RolePair.Options boreOnly() {
    return new RolePair.Options()
        .bore(new BoreServerSettings(ANY_PORT, List.of()), BoreServer.PORTS);
  }

  /** Sends one byte of the server to the visitor. */
  private static void assertCarries(BoreMessages channel, Socket visitor, String letter)
      throws Exception {
    channel.sendRaw(letter);
    assertThat(visitor.getInputStream().read()).isEqualTo(letter.charAt(0));
  }

  private static void assertServedByChannel(HostPort address, BoreServer.Joined client)
      throws Exception {
    try (Socket visitor = TestClient.dial(visited(client));
        var channel = channel(address, client)) {
      assertCarries(channel, visitor, "a");
    }
  }

  @Test
  void visitorsOfAProtocolThatWasRemovedFinishWithinTheDrainTimeout() throws Exception {
    var none = new RolePair.Options().drain(Duration.ofMillis(100));
    try (var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(shared((String) null));
        var client = join(remote.controlAddress());
        Socket visitor = TestClient.dial(visited(client));
        var channel = channel(remote.controlAddress(), client)) {
      assertCarries(channel, visitor, "a");
      remote.reload(none.remoteSettings());
      assertThat(client.control().rest()).endsWith(NOT_SERVED);
      client.leave();
      assertThatThrownBy(() -> visitor.getInputStream().read()).isInstanceOf(SocketException.class);
    }
  }

  /** It would be kept for data channels that it does not accept. */
  @Test
  void controlAddressThatMovesWithTheRemovalOfTheProtocolIsClosed() throws Exception {
    try (var ports = new ReservedPorts();
        var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(shared((String) null));
        var client = join(remote.controlAddress());
        Socket visitor = TestClient.dial(visited(client));
        var channel = channel(remote.controlAddress(), client)) {
      assertCarries(channel, visitor, "a");
      HostPort before = remote.controlAddress();
      remote.reload(
          new RolePair.Options().remoteSettings(Optional.of(ports.next()), "127.0.0.1:0"));
      assertClosed(before);
    }
  }

  /** It was kept for data channels until the last visitor had left. */
  @Test
  void addressKeptForDataChannelsIsClosedOnceTheProtocolIsRemoved() throws Exception {
    try (var ports = new ReservedPorts();
        var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(shared((String) null));
        var client = join(remote.controlAddress());
        Socket visitor = TestClient.dial(visited(client));
        var channel = channel(remote.controlAddress(), client)) {
      assertCarries(channel, visitor, "a");
      HostPort before = remote.controlAddress();
      HostPort next = ports.next();
      remote.reload(shared((String) null).remoteSettings(Optional.of(next), "127.0.0.1:0"));
      roles.awaitLog("listener kept for data channels", "address=" + before);
      remote.reload(new RolePair.Options().remoteSettings(Optional.of(next), "127.0.0.1:0"));
      roles.awaitLog("listener closed", "address=" + before);
      assertClosed(before);
      assertCarries(channel, visitor, "b");
    }
  }

  @Test
  void protocolThatIsServedAgainAcceptsClients() throws Exception {
    try (var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(shared((String) null))) {
      remote.reload(new RolePair.Options().remoteSettings());
      remote.reload(shared((String) null).remoteSettings());
      assertServes(remote, null);
    }
  }

  /** Its data channels would begin in another way than the server expects. */
  @Test
  void clientsEndWhenASecretBecomesRequiredOrIsRemoved() throws Exception {
    try (var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(shared((String) null));
        var without = join(remote.controlAddress())) {
      remote.reload(shared("abc").remoteSettings());
      assertThat(without.control().rest()).contains("the server requires a secret now");
      try (var with = join(remote.controlAddress(), "abc")) {
        remote.reload(shared((String) null).remoteSettings());
        assertThat(with.control().rest()).contains("the server requires no secret any more");
      }
    }
  }

  /** Otherwise each warning about a file would be logged twice. */
  @Test
  void filesOfAProtocolThatAReloadAddsAreReadOnce() throws Exception {
    var bore = new BoreServerSettings(ANY_PORT, List.of());
    var alone = new RolePair.Options().bore(bore, BoreServer.PORTS);
    var both = TransportVariant.TLS.options(folder).bore(bore, BoreServer.PORTS);
    Files.setPosixFilePermissions(
        folder.resolve("key.pem"), PosixFilePermissions.fromString("rw-r--r--"));
    try (var log = new TestLog();
        RemoteProxy remote =
            RemoteEndpoints.start(alone.remoteSettings(Optional.empty()), log.log())) {
      remote.reload(both.remoteSettings());
      log.await("listener opened", "control address");
      assertThat(log.text().lines().filter(line -> line.contains("other users can access")))
          .hasSize(1);
    }
  }

  /** An origin proxy does not connect to the address of its login again; a client does. */
  @Test
  void controlAddressThatHasMovedStaysForTheVisitorsOfClients() throws Exception {
    var options = shared((String) null);
    try (var ports = new ReservedPorts();
        var server = TestServer.echo();
        var roles = new SeparateRoles();
        RemoteProxy remote = roles.remote(options);
        var origin = roles.origin(server.address(), options, control(remote))) {
      origin.announced();
      HostPort before = remote.controlAddress();
      try (var bore = new Client(before, server.address(), new Client.Options())) {
        HostPort address = bore.announced();
        remote.reload(options.remoteSettings(Optional.of(ports.next()), "127.0.0.1:0"));
        roles.awaitLog("listener kept for data channels", "address=" + before);
        assertServed(address);
      }
      roles.awaitLog("listener closed", "address=" + before);
      assertServed(remote.outsideAddresses().get("default"));
    }
  }
}
