package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.testing.Pace;
import culvert.testing.TestClient;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;

/**
 * The experience of a visitor of an echo server that connects again and again: how long each new
 * connection took until its first answer, and which ones failed.
 */
final class Canary {

  private static final Duration PAUSE = Duration.ofMillis(20);

  /** Other tests share the processors with the flood and the canary. */
  private static final Duration MAX_OF_MOST = Duration.ofSeconds(15);

  private static final double MOST = 0.95;
  private static final Duration QUIET = Duration.ofMillis(500);

  /** In ascending order. */
  private final long[] nanos;

  private final List<String> failures;

  private Canary(long[] nanos, List<String> failures) {
    this.nanos = nanos;
    this.failures = failures;
  }

  /** One visit, from the connection to the answer. */
  @FunctionalInterface
  interface Visit {
    /** Throws if the visitor is not served. */
    void run() throws IOException;
  }

  /** Visits a service without other visitors, after a while in which the processes warm up. */
  static Canary visitQuiet(HostPort service) throws InterruptedException {
    return repeatQuiet(visitOf(service));
  }

  /** Repeats visits without other visitors, after a while in which the processes warm up. */
  static Canary repeatQuiet(Visit visit) throws InterruptedException {
    repeat(visit, QUIET);
    return repeat(visit, QUIET);
  }

  /** Visits a service for this long, one connection after the other. */
  static Canary visit(HostPort service, Duration duration) throws InterruptedException {
    return repeat(visitOf(service), duration);
  }

  /** Returns visits of an echo server. */
  static Visit visitOf(HostPort service) {
    return () -> visit(service);
  }

  private static void visit(HostPort service) throws IOException {
    try (Socket visitor = TestClient.dial(service)) {
      TestClient.assertEchoes(visitor, "canary");
    }
  }

  private static Canary repeat(Visit visit, Duration duration) throws InterruptedException {
    var nanos = new ArrayList<Long>();
    var failures = new ArrayList<String>();
    long start = System.nanoTime();
    while (System.nanoTime() - start < duration.toNanos()) {
      long since = System.nanoTime();
      try {
        visit.run();
      } catch (IOException | AssertionError e) {
        failures.add(e.toString());
      }
      nanos.add(System.nanoTime() - since);
      Pace.pause(PAUSE);
    }
    long[] sorted = nanos.stream().mapToLong(Long::longValue).sorted().toArray();
    return new Canary(sorted, failures);
  }

  /** Starts to visit a service for this long, in another thread. */
  static Future<Canary> start(HostPort service, Duration duration) {
    return start(visitOf(service), duration);
  }

  /** Starts to repeat visits for this long, in another thread. */
  static Future<Canary> start(Visit visit, Duration duration) {
    var visits = new FutureTask<>(() -> repeat(visit, duration));
    Threads.startPlatform("canary", visits);
    return visits;
  }

  private Duration median() {
    return Duration.ofNanos(nanos[nanos.length / 2]);
  }

  /** Returns the 95th percentile; at least the longest is above it, if there is another one. */
  private Duration ofMost() {
    int rank = (int) Math.ceil(nanos.length * MOST);
    return Duration.ofNanos(nanos[Math.max(0, Math.min(rank - 1, nanos.length - 2))]);
  }

  private Duration longest() {
    return Duration.ofNanos(nanos[nanos.length - 1]);
  }

  /**
   * Checks that no connection failed, and that 95 % were not shut out for the time of a flood. How
   * long they took is printed: it depends on what else runs.
   */
  void assertServed() {
    assertThat(nanos).isNotEmpty();
    assertThat(failures).isEmpty();
    assertThat(ofMost()).isLessThan(MAX_OF_MOST);
  }

  /** Returns the latency and its ratio to that of a quiet time, for the test's output. */
  String comparedWith(Canary quiet) {
    return String.format(
        "%d new connections, median %.1f ms, 95 %% in %.1f ms, longest %.1f ms, %.1f times the"
            + " quiet median",
        nanos.length,
        millis(median()),
        millis(ofMost()),
        millis(longest()),
        (double) median().toNanos() / quiet.median().toNanos());
  }

  private static double millis(Duration duration) {
    return duration.toNanos() / 1e6;
  }
}
