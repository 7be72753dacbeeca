package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.testing.LeakCheck;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class DialerTest {

  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final Dialer dialer = new Dialer(new BufferPool());

  @Test
  void connectsAndSetsTheOptionsOfEverySocket() throws Exception {
    try (var server = server(1);
        var connection = dialer.connect(address(server), LIMIT)) {
      assertThat(HostPort.of(connection.peer())).isEqualTo(address(server));
      assertThat(connection.channel().getOption(StandardSocketOptions.TCP_NODELAY)).isTrue();
      assertThat(connection.channel().getOption(StandardSocketOptions.SO_KEEPALIVE)).isTrue();
    }
  }

  /** Where the name has an IPv6 address too, nobody listens there, and the next one is tried. */
  @Test
  void everyAddressOfANameIsTried() throws Exception {
    try (var server = server(1)) {
      var name = new HostPort("localhost", address(server).port());
      dialer.connect(name, LIMIT).close();
    }
  }

  @Test
  void aRefusalNamesTheAddress() throws Exception {
    HostPort closed;
    try (var server = server(1)) {
      closed = address(server);
    }
    assertThatThrownBy(() -> dialer.connect(closed, LIMIT))
        .isInstanceOf(IOException.class)
        .hasMessage(closed + ": Connection refused");
  }

  @Test
  void aNameWithoutAnAddressIsNamed() {
    assertThatThrownBy(() -> dialer.connect(new HostPort("nowhere.invalid", 7), LIMIT))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("'nowhere.invalid' does not resolve");
  }

  @Test
  void noTimeAtAllIsNoAnswer() throws Exception {
    try (var server = server(1)) {
      assertThatThrownBy(() -> dialer.connect(address(server), Duration.ZERO))
          .isInstanceOf(IOException.class)
          .hasMessage(address(server) + ": no answer within 0s");
    }
  }

  /** A server whose queue is full drops what comes, as a firewall does. */
  @Test
  void silenceIsToldFromARefusal() throws Exception {
    var queued = new ArrayList<SocketConnection>();
    try (var server = server(1)) {
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 64; i++) {
                  queued.add(dialer.connect(address(server), Duration.ofMillis(300)));
                }
              })
          .isInstanceOf(IOException.class)
          .hasMessage(address(server) + ": no answer in time");
    } finally {
      queued.forEach(SocketConnection::close);
    }
  }

  private static ServerSocketChannel server(int backlog) throws IOException {
    var address = new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), 0);
    return ServerSocketChannel.open().bind(address, backlog);
  }

  private static HostPort address(ServerSocketChannel server) throws IOException {
    return HostPort.of((InetSocketAddress) server.getLocalAddress());
  }
}
