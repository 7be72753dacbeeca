package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.HostPort;
import culvert.testing.Eventually;
import culvert.testing.RolePair;
import culvert.testing.ScriptedOrigin;
import culvert.testing.Seed;
import culvert.testing.TestServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Two hundred unauthenticated connections that start a valid handshake and stop within its first
 * bytes: in a ClientHello, in a WebSocket request, in a SEAL message, or directly after one.
 */
@Timeout(120)
class StallIT {

  private static final int CLIENTS = 200;
  private static final int SOURCES = 10;
  private static final int MAX_UNAUTHENTICATED = 60;
  private static final int VISITS = 50;

  /** Tolerance for descriptors and threads that the JVM opens for itself at any time. */
  private static final int OWN = 20;

  /** Tolerance for connections that are being evicted; more on a busy machine. */
  private static final int SLACK = 40;

  private static final Duration PAUSE = Duration.ofMillis(300);

  @TempDir private Path folder;

  /** Unauthenticated clients that reconnect when they are disconnected. */
  private static final class StallingClients implements AutoCloseable {
    private final ClientThreads threads = new ClientThreads();
    private final AtomicInteger ends = new AtomicInteger();

    StallingClients(HostPort control, byte[] opening, Random random) {
      for (int i = 0; i < CLIENTS; i++) {
        String source = "127.0.0." + (2 + i % SOURCES);
        var own = new Random(random.nextLong());
        threads.start("stalling client", () -> connectRepeatedly(control, source, opening, own));
      }
    }

    private void connectRepeatedly(HostPort control, String source, byte[] opening, Random random) {
      while (!threads.isStopped()) {
        try (var client = new ScriptedOrigin(control, source)) {
          client.send(Arrays.copyOf(opening, 1 + random.nextInt(opening.length)));
          client.awaitEnd();
          threads.pause(PAUSE);
        } catch (IOException e) {
          // The remote proxy has closed the connection.
        } catch (InterruptedException e) {
          return;
        }
        ends.incrementAndGet();
      }
    }

    /** Waits until as many connections as there are clients have been closed. */
    void awaitARound() throws Exception {
      int goal = ends.get() + CLIENTS;
      Eventually.within(RolePair.LIMIT, () -> assertThat(ends.get()).isGreaterThan(goal));
    }

    @Override
    public void close() {
      threads.close();
    }
  }

  /** Returns the bytes that an origin proxy sends before the first answer. */
  private static byte[] recordOpening(RoleCommands commands) throws Exception {
    try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      server.setSoTimeout((int) RolePair.LIMIT.toMillis());
      var address = new HostPort("127.0.0.1", server.getLocalPort());
      try (RoleProcess origin = commands.origin(address, Launcher.ANY);
          Socket received = server.accept()) {
        assertThat(origin.process().isAlive()).isTrue();
        byte[] opening = new byte[4096];
        return Arrays.copyOf(opening, received.getInputStream().read(opening));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = TransportArguments.class,
      names = {"NOISE", "TLS_CA", "WS", "WSS"})
  void stallingClientsDoNotLockOutAnOriginProxy(TransportArguments transport) throws Exception {
    var random = Seed.random("stallingClients");
    RoleCommands commands = transport.commands(new Credentials(folder));
    byte[] opening = recordOpening(commands);
    try (var server = TestServer.echo();
        RemoteProcess remote =
            commands.remote(
                "--handshake-timeout=2s",
                "--log-period=5m",
                "--max-unauthenticated=" + MAX_UNAUTHENTICATED);
        RoleProcess origin = commands.origin(remote.control(), server.address(), "--name=first")) {
      origin.line();
      remote.assertServes();
      ProcessResources before = remote.role().settledFootprint();
      try (Socket talk = remote.visit();
          var clients = new StallingClients(remote.control(), opening, random)) {
        clients.awaitARound();
        for (int i = 0; i < VISITS; i++) {
          remote.assertServes();
          talk.getOutputStream().write(i);
          assertThat(talk.getInputStream().read()).isEqualTo(i);
          Eventually.within(
              RolePair.LIMIT,
              () ->
                  assertThat(remote.role().footprint().sockets())
                      .isLessThan(before.sockets() + MAX_UNAUTHENTICATED + SLACK));
        }
        clients.awaitARound();
      }
      Eventually.within(
          RolePair.LIMIT,
          () -> {
            ProcessResources after = remote.role().footprint();
            assertThat(after.descriptors()).isLessThan(before.descriptors() + OWN);
            assertThat(after.threads()).isLessThan(before.threads() + OWN);
          });
      assertThat(remote.role().err().lines("ERROR")).isEmpty();
      assertThat(remote.role().err().lines("session ended")).isEmpty();
      // On a busy machine the origin proxy's first handshake may time out too.
      assertThat(remote.role().err().lines("WARN"))
          .as("one line per source in five minutes")
          .hasSizeBetween(1, SOURCES + 1);
    }
  }
}
