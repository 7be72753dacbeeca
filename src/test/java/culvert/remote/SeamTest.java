package culvert.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.config.ConnectionLimits;
import culvert.config.RemoteSettings;
import culvert.config.ServiceType;
import culvert.net.HostPort;
import culvert.observe.Counter;
import culvert.session.Dialect;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.TestClient;
import culvert.testing.TestLog;
import culvert.testing.UdpClient;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** The session interfaces carry protocols with data channels: the role's code does not change. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class SeamTest {

  private final TestLog log = new TestLog();

  private RemoteProxy start(Dialect dialect, Duration openTimeout) throws IOException {
    return start(dialect, new RolePair.Options().openTimeout(openTimeout));
  }

  private RemoteProxy start(Dialect dialect, RolePair.Options options) throws IOException {
    RemoteSettings settings = options.secrets(null, null).remoteSettings();
    return start(dialect, settings);
  }

  private RemoteProxy start(Dialect dialect, RemoteSettings settings) throws IOException {
    Endpoints endpoints =
        given -> List.of(Endpoint.control(given, List.of(dialect), Endpoint.Limits.of(given)));
    return RemoteProxy.start(settings, role -> endpoints, log.log());
  }

  /** Starts a remote proxy with one place for unauthenticated connections. */
  private RemoteProxy startWithOnePlace(Dialect dialect) throws IOException {
    return start(dialect, new RolePair.Options().admission(new ConnectionLimits(9, 9, 1, 1)));
  }

  private static Socket connect(HostPort address, String first) throws IOException {
    Socket socket = TestClient.dial(address);
    socket.getOutputStream().write(first.getBytes());
    return socket;
  }

  private static Socket login(RemoteProxy remote) throws IOException {
    Socket control = connect(remote.controlAddress(), "J");
    assertThat(control.getInputStream().readNBytes(2)).asString().isEqualTo("ok");
    return control;
  }

  private static void assertRelayed(Socket visitor, Socket channel) throws IOException {
    assertThat(channel.getInputStream().readNBytes(4)).asString().isEqualTo("ping");
    channel.getOutputStream().write("pong".getBytes());
    visitor.shutdownOutput();
    assertThat(channel.getInputStream().read()).isEqualTo(-1);
    channel.shutdownOutput();
    assertThat(visitor.getInputStream().readAllBytes()).asString().isEqualTo("pong");
  }

  @Test
  void dataChannelIsClaimedByTheVisitorsId() throws Exception {
    try (RemoteProxy remote = start(new ClaimingDialect(), Duration.ofSeconds(30));
        Socket control = login(remote);
        Socket visitor = connect(remote.outsideAddresses().get("default"), "ping")) {
      int id = control.getInputStream().read();
      try (Socket channel = connect(remote.controlAddress(), "D" + (char) id)) {
        assertRelayed(visitor, channel);
      }
    }
    log.close();
  }

  @Test
  void unknownDataChannelIsClosedAndUnclaimedVisitorIsReset() throws Exception {
    try (RemoteProxy remote = start(new ClaimingDialect(), Duration.ofMillis(300));
        Socket control = login(remote);
        Socket visitor = connect(remote.outsideAddresses().get("default"), "ping");
        Socket unknown = connect(remote.controlAddress(), "D\u0063")) {
      assertThat(control.getInputStream().read()).isEqualTo(1);
      assertThat(unknown.getInputStream().read()).isEqualTo(-1);
      assertThatThrownBy(() -> visitor.getInputStream().read()).isInstanceOf(IOException.class);
    }
    log.close();
  }

  /** The visitor's stream would end as if it were complete. */
  @Test
  void dataChannelIsNotEvictedAfterItsClaim() throws Exception {
    var dialect = new ClaimingDialect();
    try (RemoteProxy remote = startWithOnePlace(dialect);
        var newer = new NewerConnection(remote);
        Socket control = login(remote);
        Socket visitor = connect(remote.outsideAddresses().get("default"), "ping")) {
      dialect.beforeDelivery = newer;
      int id = control.getInputStream().read();
      try (Socket channel = connect(remote.controlAddress(), "D" + (char) id)) {
        assertRelayed(visitor, channel);
      }
    }
    log.close();
  }

  @Test
  void dataChannelEvictedBeforeItsClaimIsNotGivenToTheVisitor() throws Exception {
    var dialect = new ClaimingDialect();
    try (RemoteProxy remote = startWithOnePlace(dialect);
        var newer = new NewerConnection(remote);
        Socket control = login(remote);
        Socket visitor = connect(remote.outsideAddresses().get("default"), "ping")) {
      dialect.beforeReturn = newer;
      int id = control.getInputStream().read();
      try (Socket evicted = connect(remote.controlAddress(), "D" + (char) id)) {
        assertThat(evicted.getInputStream().read()).isEqualTo(-1);
      }
      newer.await();
      try (Socket channel = connect(remote.controlAddress(), "D" + (char) id)) {
        assertRelayed(visitor, channel);
      }
    }
    log.close();
  }

  /** Each is held for a second, so that its client receives the end. Without a slot they add up. */
  @Test
  void refusedDataChannelKeepsItsSlotUntilItIsClosed() throws Exception {
    var refused = new ArrayList<Socket>();
    try (RemoteProxy remote = startWithOnePlace(new ClaimingDialect())) {
      for (int i = 0; i < 10; i++) {
        Socket channel = connect(remote.controlAddress(), "Dx");
        refused.add(channel);
        assertThat(channel.getInputStream().read()).isEqualTo(-1);
      }
      assertThat(remote.counters().get(Counter.HALF_OPEN_DROPPED)).isPositive();
    } finally {
      for (Socket channel : refused) {
        channel.close();
      }
    }
    log.close();
  }

  /** Opens one connection to the control address, which evicts an older one, and keeps it open. */
  private static final class NewerConnection implements Runnable, AutoCloseable {
    private final RemoteProxy remote;
    private final AtomicBoolean isBegun = new AtomicBoolean();
    private final CompletableFuture<Socket> opened = new CompletableFuture<>();

    NewerConnection(RemoteProxy remote) {
      this.remote = remote;
    }

    @Override
    public void run() {
      if (isBegun.compareAndSet(false, true)) {
        try {
          opened.complete(login(remote));
        } catch (IOException | AssertionError e) {
          opened.completeExceptionally(e);
        }
      }
    }

    /** Waits until the connection has logged in: it needs the only place until then. */
    Socket await() {
      return opened.orTimeout(10, TimeUnit.SECONDS).join();
    }

    @Override
    public void close() throws IOException {
      await().close();
    }
  }

  @Test
  void pooledDataChannelServesTheNextVisitor() throws Exception {
    try (RemoteProxy remote = start(new PoolingDialect(ServiceType.TCP), Duration.ofSeconds(30));
        Socket control = login(remote);
        Socket channel = connect(remote.controlAddress(), "D");
        Socket visitor = connect(remote.outsideAddresses().get("default"), "ping")) {
      assertThat(control.getInputStream().read()).isEqualTo('M');
      assertThat(channel.getInputStream().read()).isEqualTo('S');
      assertRelayed(visitor, channel);
    }
    log.close();
  }

  @Test
  void flowsOfAUdpServiceShareOneChannel() throws Exception {
    var options = new RolePair.Options().secrets(null, null);
    var settings =
        options.remoteSettings(Optional.of(new HostPort("127.0.0.1", 0)), "udp:127.0.0.1:0");
    var dialect = new PoolingDialect(ServiceType.UDP);
    try (RemoteProxy remote = start(dialect, settings);
        Socket control = login(remote);
        Socket channel = connect(remote.controlAddress(), "D");
        var visitor = new UdpClient(remote.outsideAddresses().get("default"))) {
      assertThat(control.isConnected()).isTrue();
      dialect.sessions.take();
      visitor.send(new byte[] {7, 8});
      int port = visitor.port();
      assertThat(channel.getInputStream().readNBytes(7))
          .containsExactly('U', port >> 8, port & 0xff, 0, 2, 7, 8);
      channel.getOutputStream().write(new byte[] {(byte) (port >> 8), (byte) port, 0, 1, 9});
      assertThat(visitor.receive()).containsExactly(9);
    }
    log.close();
  }
}
