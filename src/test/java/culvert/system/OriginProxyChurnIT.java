package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.Durations;
import culvert.testing.Eventually;
import culvert.testing.RolePair;
import culvert.testing.Seed;
import culvert.testing.TestServer;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Two hundred origin proxies connect and disconnect: for some seconds, and in the full run for a
 * minute or the duration of {@code -Dculvert.storm=5m}.
 */
@Timeout(600)
class OriginProxyChurnIT {

  private static final Duration SHORT = Duration.ofSeconds(10);
  private static final Duration LONG = Durations.parse(System.getProperty("culvert.storm", "1m"));

  private static final int ORIGINS = 200;

  /** Maximum response time of the service that is not part of the storm. */
  private static final Duration ANSWER = Duration.ofSeconds(20);

  /** Tolerance for descriptors and threads that the JVM opens for itself at any time. */
  private static final int OWN = 10;

  /** The JVM does not return heap memory once it has been used. */
  private static final int MORE_RESIDENT_MEGABYTES = 300;

  /** The remote proxy keeps a limited number of superseded instances. */
  private static final long MORE_HEAP_BYTES = 3 << 20;

  @Test
  void shortReconnectStormLeavesServiceAndResourcesIntact() throws Exception {
    storm(SHORT);
  }

  @Test
  @Tag("full")
  void reconnectStormLeavesServiceAndResourcesIntact() throws Exception {
    storm(LONG);
  }

  private static void storm(Duration length) throws Exception {
    var random = Seed.random("reconnectStorm");
    try (var server = TestServer.echo();
        RemoteProcess remote =
            Launcher.PLAIN.remote("--outside-addr=storm=127.0.0.1:0", "--log-level=warn");
        RoleProcess origin = remote.origin(server.address(), "--transport=plain")) {
      origin.line();
      remote.assertServes();
      long heapBefore = remote.role().liveHeapBytes();
      ProcessResources before = remote.role().settledFootprint();
      try (var storm = new OriginProxyChurn(remote.control(), "storm", ORIGINS, random)) {
        long end = System.nanoTime() + length.toNanos();
        while (System.nanoTime() < end) {
          long asked = System.nanoTime();
          remote.assertServes();
          assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(ANSWER);
        }
        System.out.println(storm.done() + ", footprint " + remote.role().footprint());
        assertThat(storm.done().values()).allMatch(count -> count.get() >= ORIGINS / 4);
        assertThat(storm.failures()).isEmpty();
      }
      Eventually.within(
          RolePair.LIMIT,
          () -> {
            ProcessResources after = remote.role().footprint();
            assertThat(after.descriptors()).isLessThan(before.descriptors() + OWN);
            assertThat(after.threads()).isLessThan(before.threads() + OWN);
            assertThat(after.residentMegabytes())
                .isLessThan(before.residentMegabytes() + MORE_RESIDENT_MEGABYTES);
            assertThat(remote.role().liveHeapBytes()).isLessThan(heapBefore + MORE_HEAP_BYTES);
          });
      System.out.println("before " + before + ", after " + remote.role().footprint());
      remote.assertServes();
      assertThat(remote.role().err().lines("ERROR")).isEmpty();
    }
  }
}
