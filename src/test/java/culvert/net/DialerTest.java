package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.UnansweredAddress;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class DialerTest {

  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final String NAME = "name.example";
  private static final InetAddress V4 = loopback(1);
  private static final InetAddress OTHER_V4 = loopback(2);

  private final Dialer dialer = new Dialer(new BufferPool());

  @Test
  void connectSetsSocketOptions() throws Exception {
    try (var server = server(V4);
        var connection = dialer.connect(address(server), LIMIT)) {
      assertThat(HostPort.of(connection.peer())).isEqualTo(address(server));
      assertThat(connection.channel().getOption(StandardSocketOptions.TCP_NODELAY)).isTrue();
      assertThat(connection.channel().getOption(StandardSocketOptions.SO_KEEPALIVE)).isTrue();
    }
  }

  @Test
  void resettingDialerSetsLingerBeforeItReturns() throws Exception {
    try (var server = server(V4);
        var connection = dialer.resettingOnDeath().connect(address(server), LIMIT)) {
      assertThat(connection.channel().getOption(StandardSocketOptions.SO_LINGER)).isZero();
    }
  }

  /** If the name also has an IPv6 address, nothing listens there and the next one is tried. */
  @Test
  void everyAddressOfNameIsTried() throws Exception {
    try (var server = server(V4)) {
      var name = new HostPort("localhost", address(server).port());
      dialer.connect(name, LIMIT).close();
    }
  }

  @Test
  void addressesAreAllOfTheNameWithThePort() throws Exception {
    var resolver = new TestResolver();
    resolver.answer(List.of("127.0.0.2", "127.0.0.1"));
    Dialer dialer = resolver.dialer(new BufferPool());
    assertThat(dialer.addresses(new HostPort(NAME, 7), LIMIT, new Cancellation()))
        .containsExactly(new InetSocketAddress(OTHER_V4, 7), new InetSocketAddress(V4, 7));
  }

  /** A check of a server must not take them for failures of the server. */
  @Test
  void failuresForLimitsOfTheProcessAreDistinguished() throws Exception {
    HostPort closed;
    try (var server = server(V4)) {
      closed = address(server);
    }
    assertThat(catchThrowableOfType(IOException.class, () -> dialer.connect(closed, LIMIT)))
        .matches(e -> !Dialer.isOwnLimit(e), "refused");
    var noName = new TestResolver().dialer(new BufferPool());
    var name = new HostPort(NAME, 7);
    assertThat(catchThrowableOfType(IOException.class, () -> noName.connect(name, LIMIT)))
        .matches(e -> !Dialer.isOwnLimit(e), "unknown name");
    var noSocket = new SocketOpenException(new IOException("Too many open files"));
    assertThat(Dialer.isOwnLimit(new IOException("127.0.0.1:7: " + noSocket, noSocket))).isTrue();
    assertThat(Dialer.isOwnLimit(new LookupLimitException(NAME, 256))).isTrue();
  }

  @Test
  void refusalNamesTheAddress() throws Exception {
    HostPort closed;
    try (var server = server(V4)) {
      closed = address(server);
    }
    assertThatThrownBy(() -> dialer.connect(closed, LIMIT))
        .isInstanceOf(IOException.class)
        .hasMessage(closed + ": Connection refused");
  }

  @Test
  void unresolvableNameIsNamed() {
    assertThatThrownBy(() -> dialer.connect(new HostPort("nowhere.invalid", 7), LIMIT))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("'nowhere.invalid' does not resolve");
  }

  @Test
  void zeroLimitFailsWithoutAnswer() throws Exception {
    try (var server = server(V4)) {
      assertThatThrownBy(() -> dialer.connect(address(server), Duration.ZERO))
          .isInstanceOf(IOException.class)
          .hasMessage(address(server) + ": no answer within 0s");
    }
  }

  @Test
  void timeoutIsDistinguishedFromRefusal() throws Exception {
    try (var silent = new UnansweredAddress()) {
      HostPort target = HostPort.of(silent.address());
      assertThatThrownBy(() -> dialer.connect(target, Duration.ofMillis(300)))
          .isInstanceOf(IOException.class)
          .hasMessage(target + ": no answer within 300ms")
          .hasCauseInstanceOf(SocketTimeoutException.class);
    }
  }

  @Test
  void addressesAreTriedConcurrently() throws Exception {
    try (var server = server(V4);
        var silent =
            new UnansweredAddress(new InetSocketAddress(OTHER_V4, address(server).port()));
        var connection =
            named(OTHER_V4, V4).connect(new HostPort(NAME, silent.address().getPort()), LIMIT)) {
      assertThat(HostPort.of(connection.peer())).isEqualTo(address(server));
    }
  }

  @Test
  void refusalByAllAddressesNamesTheTarget() throws Exception {
    int port;
    try (var server = server(V4)) {
      port = address(server).port();
    }
    assertThatThrownBy(() -> named(V4, OTHER_V4).connect(new HostPort(NAME, port), LIMIT))
        .isInstanceOf(IOException.class)
        .hasMessage(NAME + ":" + port + ": Connection refused")
        .hasCauseInstanceOf(ConnectException.class);
  }

  @Test
  void hangingResolverIsNamed() {
    var hang = new CountDownLatch(1);
    assertThatThrownBy(() -> hanging(hang).connect(new HostPort(NAME, 7), Duration.ofMillis(50)))
        .isInstanceOf(IOException.class)
        .hasMessage(NAME + ":7: no answer from the resolver within 50ms")
        .hasCauseInstanceOf(SocketTimeoutException.class);
    hang.countDown();
  }

  @Test
  void cancellationEndsLookup() throws Exception {
    var hang = new CountDownLatch(1);
    assertThat(failureOfGivingUp(hanging(hang), new HostPort(NAME, 7)))
        .hasMessage(NAME + ":7: cancelled");
    hang.countDown();
  }

  @Test
  void cancellationEndsConnectionAttempt() throws Exception {
    try (var silent = new UnansweredAddress()) {
      HostPort target = HostPort.of(silent.address());
      assertThat(failureOfGivingUp(dialer, target)).hasMessage(target + ": cancelled");
      var cancelled = new Cancellation();
      cancelled.cancel();
      assertThatThrownBy(() -> dialer.connect(target, LIMIT, cancelled))
          .as("before the attempt")
          .isInstanceOf(IOException.class)
          .hasMessage(target + ": cancelled");
    }
  }

  /** Dials without a limit, and gives up when the thread that dials waits for something. */
  private static Throwable failureOfGivingUp(Dialer dialer, HostPort target) throws Exception {
    var cancellation = new Cancellation();
    var end = new CompletableFuture<Throwable>();
    Thread dialling =
        Thread.ofVirtual()
            .start(() -> {
              try {
                dialer.connect(target, Duration.ofDays(1), cancellation).close();
                end.complete(null);
              } catch (IOException e) {
                end.complete(e);
              }
            });
    Eventually.within(
        LIMIT, () -> assertThat(dialling.getState()).isEqualTo(Thread.State.TIMED_WAITING));
    cancellation.cancel();
    return end.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
  }

  private static Dialer named(InetAddress... addresses) {
    return new Dialer(new BufferPool(), new NameLookup(target -> List.of(addresses)));
  }

  private static Dialer hanging(CountDownLatch hang) {
    var lookup =
        new NameLookup(target -> {
          try {
            hang.await();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
          return List.of(V4);
        });
    return new Dialer(new BufferPool(), lookup);
  }

  private static ServerSocketChannel server(InetAddress address) throws IOException {
    return ServerSocketChannel.open().bind(new InetSocketAddress(address, 0));
  }

  private static InetAddress loopback(int last) {
    return IpLiteral.v4("127.0.0." + last).orElseThrow();
  }

  private static HostPort address(ServerSocketChannel server) throws IOException {
    return HostPort.of((InetSocketAddress) server.getLocalAddress());
  }
}
