package culvert.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.UnansweredAddress;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class HappyEyeballsTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Duration SHORT = Duration.ofMillis(400);
  private static final InetAddress V4 = address(127, 0, 0, 1);
  private static final InetAddress V6 = address(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);

  private final BufferPool pool = new BufferPool();

  @Test
  void silentAddressIsOvertaken() throws Exception {
    long start = System.nanoTime();
    try (var silent = new UnansweredAddress();
        var server = server(V4);
        var connection = race(LIMIT).run(List.of(silent.address(), at(server)))) {
      assertThat(connection.peer()).isEqualTo(at(server));
      assertThat(since(start)).isBetween(Duration.ofMillis(250), LIMIT);
    }
  }

  @Test
  void earlierAttemptCanStillWin() throws Exception {
    try (var silent = new UnansweredAddress();
        var server = server(V4);
        var connection = race(LIMIT).run(List.of(silent.address(), at(server), silent.address()))) {
      assertThat(connection.peer()).isEqualTo(at(server));
    }
  }

  /** If each kept its head start, the limit would pass before the last one is tried. */
  @Test
  void refusingAddressStartsNextAttempt() throws Exception {
    var addresses = new ArrayList<>(Collections.nCopies(15, refusing(V4)));
    try (var server = server(V4)) {
      addresses.add(at(server));
      new HappyEyeballs(pool, System.nanoTime() + LIMIT.toNanos(), LIMIT, false)
          .run(addresses)
          .close();
    }
  }

  @Test
  void otherFamilyConnectsIfOneRefuses() throws Exception {
    assumeTrue(hasIpv6());
    try (var server = server(V4);
        var connection = race(LIMIT).run(List.of(refusing(V6), at(server)))) {
      assertThat(connection.peer()).isEqualTo(at(server));
    }
    try (var server = server(V6);
        var connection = race(LIMIT).run(List.of(refusing(V4), at(server)))) {
      assertThat(connection.peer()).isEqualTo(at(server));
    }
  }

  @Test
  void refusalByAllIsReported() throws Exception {
    var refusing = Collections.nCopies(3, refusing(V4));
    assertThatThrownBy(() -> race(LIMIT).run(refusing))
        .isInstanceOf(ConnectException.class)
        .hasMessage("Connection refused");
  }

  @Test
  void refusalIsReportedBeforeTimeout() throws Exception {
    InetSocketAddress refusing = refusing(V4);
    try (var silent = new UnansweredAddress()) {
      InetSocketAddress mute = silent.address();
      assertThatThrownBy(() -> race(SHORT).run(List.of(refusing, mute)))
          .isInstanceOf(ConnectException.class);
      assertThatThrownBy(() -> race(SHORT).run(List.of(mute, refusing)))
          .isInstanceOf(ConnectException.class);
    }
  }

  @Test
  void limitCoversAllAttempts() throws Exception {
    try (var silent = new UnansweredAddress()) {
      var addresses = Collections.nCopies(16, silent.address());
      long start = System.nanoTime();
      assertThatThrownBy(() -> race(SHORT).run(addresses))
          .isInstanceOf(SocketTimeoutException.class)
          .hasMessage("no answer");
      assertThat(since(start)).isBetween(SHORT.minusMillis(10), SHORT.multipliedBy(15));
    }
  }

  /** All connect at the same time; on the servers' side one connection is left. */
  @Test
  void losingConnectionsAreClosed() throws Exception {
    try (var one = server(V4);
        var two = server(V4);
        var three = server(V4)) {
      var addresses = List.of(at(one), at(two), at(three));
      for (int i = 0; i < 200; i++) {
        var race =
            new HappyEyeballs(pool, System.nanoTime() + LIMIT.toNanos(), Duration.ZERO, false);
        try (var connection = race.run(addresses)) {
          connection.output().write(1);
          connection.closeOutput();
          int heard = heard(one) + heard(two) + heard(three);
          assertThat(heard).isEqualTo(1);
        }
      }
    }
  }

  /** The first connection closes the channels of the others at any step of theirs. */
  @Test
  void losingConnectionsThatResetOnDeathAreNotCountedAsOpen() throws Exception {
    long before = Descriptors.PROCESS.sockets();
    try (var one = server(V4);
        var two = server(V4)) {
      var addresses = List.of(at(one), at(two), at(one), at(two), at(one), at(two));
      for (int i = 0; i < 300; i++) {
        new HappyEyeballs(pool, System.nanoTime() + LIMIT.toNanos(), Duration.ZERO, true)
            .run(addresses)
            .close();
        acceptAll(one);
        acceptAll(two);
      }
    }
    Eventually.within(
        LIMIT, () -> assertThat(Descriptors.PROCESS.sockets()).isLessThanOrEqualTo(before));
  }

  /** How many bytes come from all that wait in the server's queue, until each has ended. */
  private static int heard(ServerSocket server) throws IOException {
    int heard = 0;
    for (; ; ) {
      try (Socket accepted = next(server)) {
        if (accepted == null) {
          return heard;
        }
        accepted.setSoTimeout((int) LIMIT.toMillis());
        heard += accepted.getInputStream().readAllBytes().length;
      }
    }
  }

  private static void acceptAll(ServerSocket server) throws IOException {
    for (Socket accepted = next(server); accepted != null; accepted = next(server)) {
      accepted.close();
    }
  }

  private static Socket next(ServerSocket server) throws IOException {
    server.setSoTimeout(1);
    try {
      return server.accept();
    } catch (SocketTimeoutException e) {
      return null;
    }
  }

  @Test
  void cancelledAttemptEndsAtOnce() throws Exception {
    try (var silent = new UnansweredAddress()) {
      var addresses = Collections.nCopies(3, silent.address());
      for (int runners = 1; runners <= 3; runners++) {
        var race = race(Duration.ofHours(1));
        Running running = start(race, addresses.subList(0, runners));
        running.awaitParked();
        race.cancel();
        assertThat(running.failure()).isInstanceOf(IOException.class);
      }
    }
  }

  @Test
  void interruptEndsAttemptAndIsKept() throws Exception {
    try (var silent = new UnansweredAddress()) {
      Running running =
          start(race(Duration.ofHours(1)), List.of(silent.address(), silent.address()));
      running.awaitParked();
      running.thread().interrupt();
      assertThat(running.failure()).isInstanceOf(InterruptedIOException.class);
    }
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> race(LIMIT).run(List.of(refusing(V4), refusing(V4))))
        .isInstanceOf(InterruptedIOException.class);
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void attemptCancelledBeforeStartTriesNothing() throws Exception {
    try (var server = server(V4)) {
      var race = race(LIMIT);
      race.cancel();
      assertThatThrownBy(() -> race.run(List.of(at(server), at(server))))
          .isInstanceOf(IOException.class);
      assertThat(heard(server)).isZero();
    }
  }

  @Test
  void familiesAlternateStartingWithPreferred() {
    var v4 = Stream.of(1, 2, 3).map(i -> at(address(192, 0, 2, i))).toList();
    var v6 =
        Stream.of(1, 2).map(HappyEyeballsTest::documentation).map(HappyEyeballsTest::at).toList();
    assertThat(HappyEyeballs.interleave(Stream.of(v4, v6).flatMap(List::stream).toList()))
        .containsExactly(v4.get(0), v6.get(0), v4.get(1), v6.get(1), v4.get(2));
    assertThat(HappyEyeballs.interleave(Stream.of(v6, v4).flatMap(List::stream).toList()))
        .containsExactly(v6.get(0), v4.get(0), v6.get(1), v4.get(1), v4.get(2));
    assertThat(HappyEyeballs.interleave(v6)).isEqualTo(v6);
  }

  @Test
  void onlyFirstAddressesAreTried() {
    var many = new ArrayList<InetSocketAddress>();
    for (int i = 0; i < 100; i++) {
      many.add(at(address(192, 0, 2, i)));
    }
    many.add(at(documentation(1)));
    assertThat(HappyEyeballs.interleave(many))
        .hasSize(16)
        .startsWith(many.getFirst(), many.getLast(), many.get(1))
        .endsWith(many.get(14));
  }

  private record Running(Thread thread, CompletableFuture<Throwable> end) {
    /** Until the thread waits for an address to answer, or for its head start to be over. */
    void awaitParked() throws Exception {
      Eventually.within(
          LIMIT, () -> assertThat(thread.getState()).isEqualTo(Thread.State.TIMED_WAITING));
    }

    Throwable failure() throws Exception {
      return end.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }
  }

  private static Running start(HappyEyeballs race, List<InetSocketAddress> addresses) {
    var end = new CompletableFuture<Throwable>();
    Thread thread =
        Thread.ofVirtual()
            .start(() -> {
              try {
                race.run(addresses).close();
                end.complete(null);
              } catch (IOException e) {
                end.complete(e);
              }
            });
    return new Running(thread, end);
  }

  private HappyEyeballs race(Duration limit) {
    return new HappyEyeballs(pool, System.nanoTime() + limit.toNanos(), false);
  }

  private static Duration since(long start) {
    return Duration.ofNanos(System.nanoTime() - start);
  }

  private static ServerSocket server(InetAddress address) throws IOException {
    return new ServerSocket(0, 16, address);
  }

  private static InetSocketAddress refusing(InetAddress address) throws IOException {
    try (var server = server(address)) {
      return at(server);
    }
  }

  private static InetSocketAddress at(ServerSocket server) {
    return (InetSocketAddress) server.getLocalSocketAddress();
  }

  private static InetSocketAddress at(InetAddress address) {
    return new InetSocketAddress(address, 7);
  }

  private static InetAddress documentation(int last) {
    return address(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last);
  }

  private static InetAddress address(int... octets) {
    byte[] bytes = new byte[octets.length];
    for (int i = 0; i < octets.length; i++) {
      bytes[i] = (byte) octets[i];
    }
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }

  private static boolean hasIpv6() throws IOException {
    return NetworkInterface.networkInterfaces()
        .flatMap(NetworkInterface::inetAddresses)
        .anyMatch(address -> address instanceof Inet6Address && address.isLoopbackAddress());
  }
}
