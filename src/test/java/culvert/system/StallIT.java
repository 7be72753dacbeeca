package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.HostPort;
import culvert.net.Threads;
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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Two hundred strangers who begin as an origin proxy does, and fall silent somewhere within its
 * first words: in a ClientHello, in a WebSocket's head, in a SEAL message, or right behind one.
 */
@Timeout(120)
class StallIT {

  private static final int STRANGERS = 200;
  private static final int SOURCES = 10;
  private static final int MAX_UNAUTHENTICATED = 60;
  private static final int VISITS = 50;

  /** The JVM opens a few descriptors and threads of its own when it likes. */
  private static final int OWN = 20;

  /** Connections that are being evicted; on a busy machine more for a moment. */
  private static final int SLACK = 40;

  private static final Duration PAUSE = Duration.ofMillis(300);

  @TempDir private Path folder;

  /** Strangers come again when they are thrown out. */
  private static final class Strangers implements AutoCloseable {
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicInteger ends = new AtomicInteger();
    private volatile boolean over;

    Strangers(HostPort control, byte[] words, Random random) {
      for (int i = 0; i < STRANGERS; i++) {
        String source = "127.0.0." + (2 + i % SOURCES);
        var own = new Random(random.nextLong());
        threads.add(Threads.start("stranger", () -> live(control, source, words, own)));
      }
    }

    private void live(HostPort control, String source, byte[] words, Random random) {
      while (!over) {
        try (var stranger = new ScriptedOrigin(control, source)) {
          stranger.say(Arrays.copyOf(words, 1 + random.nextInt(words.length)));
          stranger.awaitEnd();
          Thread.sleep(PAUSE);
        } catch (IOException e) {
          // Thrown out at once.
        } catch (InterruptedException e) {
          return;
        }
        ends.incrementAndGet();
      }
    }

    /** Waits until as many have been thrown out as there are. */
    void awaitARound() throws Exception {
      int goal = ends.get() + STRANGERS;
      Eventually.within(RolePair.LIMIT, () -> assertThat(ends.get()).isGreaterThan(goal));
    }

    /** An interrupt closes the socket that a virtual thread waits for. */
    @Override
    public void close() {
      over = true;
      threads.forEach(Thread::interrupt);
      try {
        for (Thread thread : threads) {
          thread.join(RolePair.LIMIT);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** What an origin proxy says before it is answered. */
  private static byte[] firstWords(RoleCommands halves) throws Exception {
    try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      server.setSoTimeout((int) RolePair.LIMIT.toMillis());
      var address = new HostPort("127.0.0.1", server.getLocalPort());
      try (RoleProcess origin = halves.origin(address, Launcher.ANY);
          Socket heard = server.accept()) {
        assertThat(origin.process().isAlive()).isTrue();
        byte[] words = new byte[4096];
        return Arrays.copyOf(words, heard.getInputStream().read(words));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = TransportArguments.class,
      names = {"NOISE", "TLS_CA", "WS", "WSS"})
  void strangersThatFallSilentKeepNobodyOut(TransportArguments wrapping) throws Exception {
    var random = Seed.random("strangersThatFallSilent");
    RoleCommands halves = wrapping.halves(new Credentials(folder));
    byte[] words = firstWords(halves);
    try (var server = TestServer.echo();
        RemoteProcess remote =
            halves.remote(
                "--handshake-timeout=2s",
                "--log-period=5m",
                "--max-unauthenticated=" + MAX_UNAUTHENTICATED);
        RoleProcess origin = halves.origin(remote.control(), server.address(), "--name=first")) {
      origin.line();
      remote.assertServes();
      ProcessResources before = remote.role().settledFootprint();
      try (Socket talk = remote.visit();
          var strangers = new Strangers(remote.control(), words, random)) {
        strangers.awaitARound();
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
        strangers.awaitARound();
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
          .as("a line for each source in five minutes")
          .hasSizeBetween(1, SOURCES + 1);
    }
  }
}
