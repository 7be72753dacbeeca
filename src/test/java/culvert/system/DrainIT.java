package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import culvert.testing.Eventually;
import culvert.testing.RandomBytes;
import culvert.testing.RolePair;
import culvert.testing.Seed;
import culvert.testing.TestServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.Socket;
import java.net.SocketException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A stopping proxy lets its visitors finish, up to a time limit. */
@Timeout(120)
class DrainIT {

  private static final long HALF_BYTES = 4 << 20;

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  /** Half of a download has left the server. */
  private final CountDownLatch halfSent = new CountDownLatch(1);

  /** Opened by the test to release the rest of the download. */
  private final CountDownLatch gate = new CountDownLatch(1);

  private final CompletableFuture<Long> sent = new CompletableFuture<>();
  private final CompletableFuture<Long> received = new CompletableFuture<>();
  private long seed;
  private TestServer server;

  @BeforeEach
  void begin() throws IOException {
    seed = Seed.random("DrainIT").nextLong();
    server = new TestServer(this::serve);
  }

  @AfterEach
  void end() throws IOException {
    gate.countDown();
    server.close();
    threads.close();
  }

  /** The first byte selects a download, an upload, an endless download, or an echo. */
  private void serve(Socket connection) throws Exception {
    InputStream in = connection.getInputStream();
    OutputStream out = connection.getOutputStream();
    int first = in.read();
    switch (first) {
      case 'd' -> {
        var bulk = new RandomBytes(seed).send(out, HALF_BYTES);
        halfSent.countDown();
        gate.await();
        sent.complete(bulk.send(out, HALF_BYTES).sum());
      }
      case 'u' -> {
        try {
          received.complete(RandomBytes.receive(in));
          out.write('k');
        } catch (IOException e) {
          received.completeExceptionally(e);
        }
      }
      case 'b' -> {
        while (true) {
          out.write(new byte[64 * 1024]);
        }
      }
      default -> out.write(first);
    }
  }

  /** Begins a download; returns when half of it has left the server. */
  private Future<Long> download(RemoteProcess remote) throws Exception {
    Socket visitor = remote.visit();
    Future<Long> sum =
        threads.submit(() -> {
          try (visitor) {
            visitor.getOutputStream().write('d');
            return RandomBytes.receive(visitor.getInputStream());
          }
        });
    assertThat(halfSent.await(RolePair.LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    return sum;
  }

  private void assertWhole(Future<Long> download) throws Exception {
    gate.countDown();
    long sum = download.get(RolePair.LIMIT.toSeconds(), TimeUnit.SECONDS);
    assertThat(sum).isEqualTo(sent.get(RolePair.LIMIT.toSeconds(), TimeUnit.SECONDS));
  }

  private static void assertRefusesVisitors(RemoteProcess remote) throws Exception {
    Eventually.within(
        RolePair.LIMIT,
        () ->
            assertThatThrownBy(() -> remote.visit().close()).isInstanceOf(ConnectException.class));
  }

  @Test
  void stoppingRemoteProxyFinishesDownloadsAndRefusesNewVisitors() throws Exception {
    try (RemoteProcess remote = Launcher.USUAL.remote();
        RoleProcess origin = remote.origin(server.address())) {
      origin.line();
      Future<Long> download = download(remote);
      remote.role().terminate();
      assertRefusesVisitors(remote);
      assertThat(download.isDone()).isFalse();
      assertWhole(download);
      assertThat(remote.role().await().exit()).isZero();
    }
  }

  @Test
  void stoppingOriginProxyFinishesDownloadsAndRefusesNewVisitors() throws Exception {
    try (RemoteProcess remote = Launcher.USUAL.remote();
        RoleProcess origin = remote.origin(server.address())) {
      origin.line();
      Future<Long> download = download(remote);
      origin.terminate();
      remote.role().err().await("service withdrawn");
      assertThatThrownBy(remote::assertServes).isInstanceOf(SocketException.class);
      assertThat(download.isDone()).isFalse();
      assertWhole(download);
      assertThat(origin.await().exit()).isZero();
      remote.role().err().await("relay ended", "reason=done");
    }
  }

  @Test
  void uploadIsCompleteWhenEitherProxyStops() throws Exception {
    try (RemoteProcess remote = Launcher.USUAL.remote();
        RoleProcess origin = remote.origin(server.address())) {
      origin.line();
      try (Socket visitor = remote.visit()) {
        OutputStream out = visitor.getOutputStream();
        out.write('u');
        var bulk = new RandomBytes(seed).send(out, HALF_BYTES);
        origin.terminate();
        remote.role().err().await("session drain started");
        remote.role().terminate();
        assertRefusesVisitors(remote);
        assertThat(received).isNotDone();
        bulk.send(out, HALF_BYTES);
        visitor.shutdownOutput();
        assertThat(received).succeedsWithin(RolePair.LIMIT).isEqualTo(bulk.sum());
        assertThat(visitor.getInputStream().readAllBytes()).containsExactly('k');
      }
      assertThat(origin.await().exit()).isZero();
      assertThat(remote.role().await().exit()).isZero();
    }
  }

  @Test
  void endlessDownloadIsResetAtTheDrainTimeout() throws Exception {
    String limit = "--drain-timeout=1s";
    try (RemoteProcess remote = Launcher.USUAL.remote(limit)) {
      try (RoleProcess origin = remote.origin(server.address(), limit)) {
        origin.line();
        assertCut(remote, origin, 1);
      }
      try (RoleProcess origin = remote.origin(server.address(), limit)) {
        origin.line();
        // The remote proxy has counted the visitor that the origin proxy cut, too.
        assertCut(remote, remote.role(), 2);
      }
    }
  }

  private static void assertCut(RemoteProcess remote, RoleProcess stopped, int relays)
      throws Exception {
    try (Socket visitor = endless(remote)) {
      stopped.terminate();
      assertThatThrownBy(() -> visitor.getInputStream().transferTo(OutputStream.nullOutputStream()))
          .isInstanceOf(SocketException.class)
          .hasMessageContaining("reset");
    }
    RoleProcess.Ended ended = stopped.await();
    assertThat(ended.exit()).isZero();
    assertThat(ended.err().lines().filter(line -> line.contains(" stopping ")))
        .singleElement(STRING)
        .containsPattern(" relays_broken=" + relays + "\\b");
  }

  private static Socket endless(RemoteProcess remote) throws IOException {
    Socket visitor = remote.visit();
    visitor.getOutputStream().write('b');
    visitor.getInputStream().readNBytes(100_000);
    return visitor;
  }

  @Test
  void secondSignalEndsTheDrainWithTheSignalsExitCode() throws Exception {
    for (String signal : new String[] {"TERM", "INT"}) {
      Launcher launcher = Launcher.USUAL.acceptingSignal(signal);
      int code = 128 + (signal.equals("TERM") ? 15 : 2);
      try (RemoteProcess remote = launcher.remote()) {
        try (RoleProcess origin = launcher.origin(remote.control(), server.address())) {
          origin.line();
          assertEndsAtOnce(remote, origin, signal, code);
        }
        try (RoleProcess origin = remote.origin(server.address())) {
          origin.line();
          assertEndsAtOnce(remote, remote.role(), signal, code);
        }
      }
    }
  }

  private static void assertEndsAtOnce(
      RemoteProcess remote, RoleProcess role, String signal, int code) throws Exception {
    try (Socket waiting = endless(remote)) {
      assertThat(waiting.isConnected()).isTrue();
      role.signal(signal);
      role.err().await("draining");
      assertThat(role.process().isAlive()).isTrue();
      role.signal(signal);
      // The visitor does not read: without the signal the drain would last thirty seconds.
      long since = System.nanoTime();
      assertThat(role.await().exit()).isEqualTo(code);
      assertThat(System.nanoTime() - since).isLessThan(TimeUnit.SECONDS.toNanos(20));
    }
  }

  @Test
  void newRemoteProxyServesOnTheSamePortsDuringADrain() throws Exception {
    try (RemoteProcess old = Launcher.USUAL.remote();
        RoleProcess origin = old.origin(server.address())) {
      origin.line();
      Future<Long> download = download(old);
      old.role().terminate();
      assertRefusesVisitors(old);
      try (RemoteProcess next = old.again()) {
        origin.line();
        next.assertServes();
        assertThat(download.isDone()).isFalse();
        assertThat(old.role().process().isAlive()).isTrue();
        assertWhole(download);
        assertThat(old.role().await().exit()).isZero();
        next.assertServes();
      }
    }
  }
}
