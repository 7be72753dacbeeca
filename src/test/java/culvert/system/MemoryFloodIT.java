package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.HostPort;
import culvert.testing.Ports;
import culvert.testing.TestClient;
import culvert.testing.TestServer;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Visitors that read nothing, and an origin server that reads nothing, while a visitor of another
 * service is served: both halves stay within their memory.
 */
@Timeout(300)
class MemoryFloodIT {

  private static final int MAX_RESIDENT_MEGABYTES = 300;

  private static final Duration SHORT = Duration.ofSeconds(2);
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final int QUIET_VISITS = 30;
  private static final int MEMBERS = 9_000;

  /** Larger ones of ten thousand connections exceed the memory that the kernel has for TCP. */
  private static final int SEND_BYTES = 16 * 1024;

  private static final byte[] BULK = new byte[64 * 1024];

  /** Both roles with a service to flood and one that must not suffer. */
  private record Tunnel(
      TestServer echo, RemoteProcess remote, RoleProcess origin, HostPort bystander)
      implements AutoCloseable {

    static Tunnel to(HostPort flooded) throws IOException {
      HostPort bystander = Ports.reserve();
      TestServer echo = TestServer.echo();
      RemoteProcess remote = Launcher.USUAL.remote("--outside-addr=bystander=" + bystander);
      RoleProcess origin =
          remote.origin(flooded, "--origin-server-addr=bystander=" + echo.address());
      origin.line();
      origin.line();
      return new Tunnel(echo, remote, origin, bystander);
    }

    /** Visits the other service; returns the time until the answer. */
    Duration visit() throws IOException {
      long since = System.nanoTime();
      try (Socket visitor = TestClient.dial(bystander)) {
        TestClient.assertEchoes(visitor, "?");
      }
      return Duration.ofNanos(System.nanoTime() - since);
    }

    List<Duration> visit(int times) throws IOException {
      var all = new ArrayList<Duration>();
      for (int i = 0; i < times; i++) {
        all.add(visit());
      }
      return all;
    }

    int residentMegabytes() throws IOException {
      int ofRemote = remote.role().footprint().residentMegabytes();
      return Math.max(ofRemote, origin.footprint().residentMegabytes());
    }

    @Override
    public void close() throws IOException {
      origin.close();
      remote.close();
      echo.close();
    }
  }

  private static Duration median(List<Duration> times) {
    return times.stream().sorted().toList().get(times.size() / 2);
  }

  private static TestServer endlessDownloads() throws IOException {
    return new TestServer(connection -> {
      connection.setSendBufferSize(SEND_BYTES);
      while (true) {
        connection.getOutputStream().write(BULK);
      }
    });
  }

  private static TestServer readsNothing() throws IOException {
    var never = new CountDownLatch(1);
    return new TestServer(connection -> never.await());
  }

  private static void flood(TestServer server, int visitors, boolean uploads, Duration length)
      throws Exception {
    try (server;
        var tunnel = Tunnel.to(server.address());
        var flood = new StalledVisitors(tunnel.remote().outside())) {
      tunnel.visit(QUIET_VISITS);
      Duration quiet = median(tunnel.visit(QUIET_VISITS));
      var times = new ArrayList<Duration>();
      int resident = 0;
      long end = System.nanoTime() + length.toNanos();
      while (System.nanoTime() < end || flood.size() < visitors) {
        flood.connect(Math.min(100, visitors - flood.size()));
        if (uploads) {
          flood.send();
        }
        times.add(tunnel.visit());
        resident = Math.max(resident, tunnel.residentMegabytes());
        assertThat(resident).as("with " + flood.size()).isLessThan(MAX_RESIDENT_MEGABYTES);
      }
      Duration busy = median(times);
      System.out.printf(
          "%d visitors: at most %d MB resident; bystander %s, %.1f times the quiet %s, at most"
              + " %s%n",
          visitors,
          resident,
          busy,
          (double) busy.toNanos() / quiet.toNanos(),
          quiet,
          times.stream().max(Duration::compareTo).orElseThrow());
      assertThat(tunnel.remote().role().err().lines("ERROR")).isEmpty();
      assertThat(tunnel.origin().err().lines("ERROR")).isEmpty();
    }
  }

  @Test
  void visitorsThatReadNothingLeaveMemoryForOthers() throws Exception {
    flood(endlessDownloads(), 800, false, SHORT);
  }

  @Test
  void uploadsThatAreNotReadLeaveMemoryForOthers() throws Exception {
    flood(readsNothing(), 400, true, SHORT);
  }

  /** More members than the server accepts by default. Each waits alone, and sends what is held. */
  @Test
  @Tag("full")
  void membersThatWaitWithSixteenKibibytesLeaveMemoryForOthers() throws Exception {
    String held = "x".repeat(16 * 1024);
    try (var bounce = BounceProcess.start("-d", "--console-addr=127.0.0.1:0", "--auth=hi");
        BounceClient first = bounce.join("hiffff");
        BounceClient second = bounce.join("hiffff");
        var flood =
            new StalledVisitors(bounce.address(), number -> "hi%04x".formatted(number) + held)) {
      int resident = 0;
      while (flood.size() < MEMBERS) {
        flood.connect(100);
        first.send("?");
        second.receive("?");
        resident = Math.max(resident, bounce.role().footprint().residentMegabytes());
        assertThat(resident).as("with " + flood.size()).isLessThan(MAX_RESIDENT_MEGABYTES);
      }
      System.out.printf("%d members: at most %d MB resident%n", flood.size(), resident);
      assertThat(bounce.role().err().lines("ERROR")).isEmpty();
    }
  }

  /** As many as there are descriptors for: this process needs two for each. */
  @Test
  @Tag("full")
  void tenThousandVisitorsThatReadNothingLeaveMemoryForOthers() throws Exception {
    flood(endlessDownloads(), Math.min(10_000, StalledVisitors.possible()), false, LONG);
  }

  @Test
  @Tag("full")
  void threeThousandUploadsThatAreNotReadLeaveMemoryForOthers() throws Exception {
    flood(readsNothing(), Math.min(3_000, StalledVisitors.possible()), true, LONG);
  }
}
