package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import culvert.testing.LeakCheck;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class ListenerTest {

  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final BufferPool pool = new BufferPool();
  private final BlockingQueue<SocketConnection> accepted = new LinkedBlockingQueue<>();

  @Test
  void portZeroBindsFreePortAndReportsIt() throws Exception {
    try (var listener = listen("127.0.0.1")) {
      assertThat(listener.address().getPort()).isPositive();
      reached("127.0.0.1", listener);
    }
  }

  @Test
  void acceptedSocketsHaveSocketOptions() throws Exception {
    try (var listener = listen("127.0.0.1");
        var client = new Socket("127.0.0.1", listener.address().getPort());
        var connection = accepted.poll(10, TimeUnit.SECONDS)) {
      assertThat(connection.channel().getOption(StandardSocketOptions.TCP_NODELAY)).isTrue();
      assertThat(connection.channel().getOption(StandardSocketOptions.SO_KEEPALIVE)).isTrue();
      assertThat(connection.peer()).isEqualTo(client.getLocalSocketAddress());
      assertThat(connection.local()).isEqualTo(client.getRemoteSocketAddress());
    }
  }

  @Test
  void ipv4WildcardAcceptsIpv4Only() throws Exception {
    assumeTrue(hasIpv6());
    try (var listener = listen("0.0.0.0")) {
      reached("127.0.0.1", listener);
      assertThatThrownBy(() -> new Socket("::1", listener.address().getPort()).close())
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void ipv6WildcardAcceptsBothFamilies() throws Exception {
    assumeTrue(hasIpv6());
    try (var listener = listen("::")) {
      reached("::1", listener);
      reached("127.0.0.1", listener);
    }
  }

  @Test
  void addressInUseIsNamed() throws Exception {
    try (var listener = listen("127.0.0.1")) {
      var taken = HostPort.of(listener.address());
      assertThatThrownBy(() -> Listener.bind(taken, "test", pool, new Queue()))
          .isInstanceOf(IOException.class)
          .hasMessage("cannot listen on " + taken + ": Address already in use");
    }
  }

  @Test
  void foreignAddressIsNamed() {
    assertThatThrownBy(() -> Listener.bind(new HostPort("192.0.2.1", 0), "test", pool, new Queue()))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("cannot listen on 192.0.2.1:0: ");
  }

  @Test
  void everyAddressOfNameIsListenedAtTheSamePort() throws Exception {
    assumeTrue(hasIpv6());
    var name = new HostPort("localhost", 0);
    var resolved = List.of(InetAddress.getByName("127.0.0.1"), InetAddress.getByName("::1"));
    try (var listener = Listener.bind(name, resolved, "test", pool, new Queue())) {
      assertThat(HostPort.of(listener.address()).host()).isEqualTo("127.0.0.1");
      listener.start();
      reached("127.0.0.1", listener);
      reached("::1", listener);
    }
  }

  @Test
  void connectionsQueueAfterBind() throws Exception {
    try (var listener = Listener.bind(new HostPort("127.0.0.1", 0), "test", pool, new Queue());
        var early = new Socket("127.0.0.1", listener.address().getPort())) {
      assertThat(accepted).isEmpty();
      listener.start();
      try (var connection = accepted.poll(10, TimeUnit.SECONDS)) {
        assertThat(connection.peer()).isEqualTo(early.getLocalSocketAddress());
      }
    }
  }

  @Test
  void acceptedConnectionsOutliveListener() throws Exception {
    var listener = listen("127.0.0.1");
    try (var client = new Socket("127.0.0.1", listener.address().getPort());
        var connection = accepted.poll(10, TimeUnit.SECONDS)) {
      listener.close();
      connection.output().write(42);
      assertThat(client.getInputStream().read()).isEqualTo(42);
    }
  }

  @Test
  void closedPortIsFreeAtOnce() throws Exception {
    var address = new HostPort("127.0.0.1", 0);
    for (int i = 0; i < 200; i++) {
      try (var listener = Listener.bind(address, "test", pool, new Queue())) {
        address = HostPort.of(listener.address());
        listener.start();
        if (i % 2 == 0) {
          // The other times, its thread may not have begun to accept.
          reached("127.0.0.1", listener);
        }
      }
    }
  }

  @Test
  void closeIsIdempotentAndAllowedBeforeStart() throws Exception {
    var listener = Listener.bind(new HostPort("127.0.0.1", 0), "test", pool, new Queue());
    listener.close();
    listener.start();
    listener.close();
    listener.close();
    assertThat(accepted).isEmpty();
  }

  @Test
  void handlerThreadMayCloseListener() throws Exception {
    var closing = new CompletableFuture<Listener>();
    var closed = new CountDownLatch(1);
    var handler =
        new Queue() {
          @Override
          public void handle(SocketConnection connection) {
            connection.close();
            closing.join().close();
            closed.countDown();
          }
        };
    var listener = Listener.bind(new HostPort("127.0.0.1", 0), "test", pool, handler);
    listener.start();
    try (var client = new Socket("127.0.0.1", listener.address().getPort())) {
      closing.complete(listener);
      assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(client.getInputStream().read()).isNegative();
    }
  }

  private Listener listen(String host) throws IOException {
    var listener = Listener.bind(new HostPort(host, 0), "test", pool, new Queue());
    listener.start();
    return listener;
  }

  private void reached(String host, Listener listener) throws Exception {
    var target = new HostPort(host, listener.address().getPort());
    try (var client = new Dialer(pool).connect(target, LIMIT);
        var connection = accepted.poll(10, TimeUnit.SECONDS)) {
      assertThat(connection.peer()).isEqualTo(client.local());
    }
  }

  private static boolean hasIpv6() throws IOException {
    return NetworkInterface.networkInterfaces()
        .flatMap(NetworkInterface::inetAddresses)
        .anyMatch(address -> address instanceof Inet6Address && address.isLoopbackAddress());
  }

  private class Queue implements Listener.Handler<SocketConnection> {
    @Override
    public void handle(SocketConnection connection) {
      accepted.add(connection);
    }

    @Override
    public void acceptFailed(IOException cause, Duration pause, boolean first) {
      throw new IllegalStateException(cause);
    }
  }
}
