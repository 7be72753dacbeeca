package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.ServerSocket;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ListeningSocketsTest {

  /** For documentation (RFC 5737): no host has it. */
  private static final InetAddress FOREIGN = address(192, 0, 2, 1);

  private static final InetAddress FIRST = address(127, 0, 0, 1);
  private static final InetAddress SECOND = address(127, 0, 0, 2);

  private final List<ServerSocketChannel> open = new ArrayList<>();

  @AfterEach
  void closeAll() {
    open.forEach(ListeningSockets::close);
  }

  @Test
  void everyAddressGetsTheSamePort() throws Exception {
    List<InetSocketAddress> bound = bind(0, FIRST, SECOND);
    int port = bound.getFirst().getPort();
    assertThat(port).isPositive();
    assertThat(bound)
        .containsExactly(new InetSocketAddress(FIRST, port), new InetSocketAddress(SECOND, port));
  }

  @Test
  void addressOfAnotherHostIsSkipped() throws Exception {
    assertThat(bind(0, FOREIGN, SECOND, SECOND))
        .extracting(InetSocketAddress::getAddress)
        .containsExactly(SECOND);
  }

  /** A host without IPv6 has a name with an IPv6 address. The JDK throws an unchecked exception. */
  @Test
  void familyThatTheSystemLacksIsAnIoException() {
    long before = Descriptors.PROCESS.sockets();
    ProtocolFamily lacking = () -> "INET7";
    assertThatThrownBy(() -> AddressFamily.open(lacking, DatagramChannel::open))
        .isInstanceOf(IOException.class)
        .hasMessage("this host has no INET7");
    assertThatThrownBy(() -> AddressFamily.open(lacking, ServerSocketChannel::open))
        .isInstanceOf(IOException.class);
    assertThat(Descriptors.PROCESS.sockets()).isEqualTo(before);
  }

  @Test
  void nameOfOtherHostsIsRejected() {
    assertThatThrownBy(() -> bind(0, FOREIGN, FOREIGN))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("cannot listen on name.example:0: ");
  }

  @Test
  void failureAtOneAddressReleasesTheOthers() throws Exception {
    try (var taken = new ServerSocket(0, 1, SECOND)) {
      int port = taken.getLocalPort();
      assertThatThrownBy(() -> bind(port, FIRST, SECOND))
          .isInstanceOf(IOException.class)
          .hasMessage(
              "cannot listen on name.example:%d at 127.0.0.2:%d: Address already in use"
                  .formatted(port, port));
      new ServerSocket(port, 1, FIRST).close();
    }
  }

  /** Some of the ports that the first address gets are in use at the second one. */
  @Test
  void anotherPortIsTriedIfOneIsInUseAtTheSecondAddress() throws Exception {
    for (int i = 0; i < 300; i++) {
      bind(0, SECOND);
    }
    for (int i = 0; i < 100; i++) {
      assertThat(bind(0, FIRST, SECOND)).hasSize(2);
    }
  }

  private List<InetSocketAddress> bind(int port, InetAddress... resolved) throws IOException {
    var sockets = ListeningSockets.bind(new HostPort("name.example", port), List.of(resolved));
    open.addAll(sockets);
    var addresses = new ArrayList<InetSocketAddress>();
    for (ServerSocketChannel socket : sockets) {
      addresses.add(ListeningSockets.address(socket));
    }
    return addresses;
  }

  private static InetAddress address(int... parts) {
    byte[] bytes = {(byte) parts[0], (byte) parts[1], (byte) parts[2], (byte) parts[3]};
    try {
      return InetAddress.getByAddress(bytes);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
