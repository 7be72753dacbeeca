package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.RandomBytes;
import culvert.testing.UdpClient;
import culvert.testing.UdpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** UDP sockets and the loop that waits for them. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class UdpSocketTest {

  private static final HostPort ANY = new HostPort("127.0.0.1", 0);

  /** Records what a socket receives, and sends it back if it is not connected. */
  private static final class Received implements UdpSocket.Handler {
    final BlockingQueue<byte[]> datagrams = new LinkedBlockingQueue<>();
    final CompletableFuture<IOException> failure = new CompletableFuture<>();
    private final boolean echoes;

    Received(boolean echoes) {
      this.echoes = echoes;
    }

    @Override
    public void received(UdpSocket socket, InetSocketAddress source, ByteBuffer datagram) {
      byte[] bytes = new byte[datagram.remaining()];
      datagram.get(bytes);
      datagrams.add(bytes);
      if (echoes) {
        try {
          assertThat(socket.send(ByteBuffer.wrap(bytes), source)).isTrue();
        } catch (IOException e) {
          failure.complete(e);
        }
      }
    }

    @Override
    public void failed(UdpSocket socket, IOException cause) {
      failure.complete(cause);
    }

    byte[] next() throws InterruptedException {
      return datagrams.poll(30, TimeUnit.SECONDS);
    }
  }

  private final List<Throwable> bugs = new CopyOnWriteArrayList<>();

  private DatagramLoop loop() {
    return new DatagramLoop("udp", bugs::add);
  }

  @AfterEach
  void handlersHaveNotFailed() {
    assertThat(bugs).isEmpty();
  }

  @Test
  void listenerReceivesAndAnswersDatagramsOfEveryLength() throws Exception {
    var received = new Received(true);
    try (var loop = loop();
        var listener = UdpListener.bind(ANY, loop)) {
      listener.start(received);
      try (var client = new UdpClient(HostPort.of(listener.address()))) {
        for (int length : new int[] {0, 1, 2048, 65_507}) {
          byte[] sent = RandomBytes.of(length);
          client.send(sent);
          assertThat(received.next()).isEqualTo(sent);
          assertThat(client.receive()).isEqualTo(sent);
        }
      }
    }
  }

  @Test
  void connectedSocketExchangesDatagramsOfEveryLengthFromOnePort() throws Exception {
    BlockingQueue<Integer> ports = new LinkedBlockingQueue<>();
    var received = new Received(false);
    try (var loop = loop();
        var server =
            new UdpServer((source, datagram) -> {
              ports.add(source.getPort());
              return datagram;
            });
        var socket = UdpSocket.connect(address(server), loop, received)) {
      for (int length : new int[] {1, 0, 65_507, 0, 7}) {
        byte[] sent = RandomBytes.of(length);
        assertThat(socket.send(ByteBuffer.wrap(sent))).isTrue();
        assertThat(received.next()).isEqualTo(sent);
      }
      assertThat(ports).containsOnly(socket.local().getPort());
    }
  }

  private static InetSocketAddress address(UdpServer server) {
    return new InetSocketAddress(server.address().host(), server.address().port());
  }

  @Test
  void connectedSocketReportsThatItsPeerIsUnreachable() throws Exception {
    InetSocketAddress closed;
    try (var server = UdpServer.echo()) {
      closed = address(server);
    }
    var received = new Received(false);
    try (var loop = loop();
        var socket = UdpSocket.connect(closed, loop, received)) {
      socket.send(ByteBuffer.allocate(1));
      assertThat(received.failure.get(30, TimeUnit.SECONDS)).isNotNull();
    }
  }

  @Test
  void addressInUseIsNamed() throws Exception {
    try (var loop = loop();
        var first = UdpListener.bind(ANY, loop)) {
      HostPort taken = HostPort.of(first.address());
      assertThatThrownBy(() -> UdpListener.bind(taken, loop))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("cannot listen on " + taken);
    }
  }

  @Test
  void closedSocketReleasesItsDescriptor() throws Exception {
    long before = Descriptors.PROCESS.sockets();
    try (var loop = loop();
        var server = UdpServer.echo()) {
      for (int i = 0; i < 100; i++) {
        UdpSocket.connect(address(server), loop, new Received(false)).close();
      }
      Eventually.within(
          Duration.ofSeconds(30),
          () -> assertThat(Descriptors.PROCESS.sockets()).isEqualTo(before));
    }
  }

  @Test
  void closedLoopRunsNoTasks() throws Exception {
    var loop = loop();
    loop.close();
    assertThatThrownBy(() -> loop.execute(() -> {})).isInstanceOf(IOException.class);
  }

  @Test
  void nameIsResolvedWithoutBlockingTheCaller() throws Exception {
    var address = new CompletableFuture<InetSocketAddress>();
    var server = new ResolvedServer(new HostPort("localhost", 53), Duration.ofSeconds(30));
    var callback =
        new ResolvedServer.Callback() {
          @Override
          public void resolved(InetSocketAddress found) {
            address.complete(found);
          }

          @Override
          public void failed(IOException cause) {
            address.completeExceptionally(cause);
          }
        };
    server.address(callback);
    InetSocketAddress found = address.get(30, TimeUnit.SECONDS);
    assertThat(found.getAddress().isLoopbackAddress()).isTrue();
    assertThat(found.getPort()).isEqualTo(53);
  }
}
