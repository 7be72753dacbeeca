import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A started tunnel: its public address, processes and figures. */
final class Running implements AutoCloseable {

  private static final long START_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(20);
  private static final int EXCHANGE_LIMIT_MILLIS = 2000;

  private final Distance distance;
  private final Deque<Half> halves = new ArrayDeque<>();
  private final Deque<DelayRelay> relays = new ArrayDeque<>();
  private final Deque<Path> files = new ArrayDeque<>();
  private final long started = System.nanoTime();
  private InetSocketAddress visitors;
  private double listeningMillis;
  private double readyMillis;

  Running(Distance distance) {
    this.distance = distance;
  }

  Half run(List<String> command) throws IOException {
    Half half = Half.start(command);
    halves.push(half);
    return half;
  }

  /** Creates a file that exists as long as the tunnel. */
  Path file(String text) throws IOException {
    Path file = Files.createTempFile("bench", ".toml");
    files.push(file);
    return Files.writeString(file, text);
  }

  /** Puts the delay relay, if any, before {@code target}; returns the address to connect to. */
  InetSocketAddress far(InetSocketAddress target, InetSocketAddress listen) throws IOException {
    if (distance.isNone()) {
      return target;
    }
    var relay = new DelayRelay(listen, target, distance);
    relays.push(relay);
    return relay.address();
  }

  /** Records that the first process has reported that it listens. */
  void listening() {
    listeningMillis = millis();
  }

  /** Waits until the first process listens. */
  void awaitListening(InetSocketAddress address) throws IOException {
    await(() -> new Socket(address.getAddress(), address.getPort()).close(), address);
    listening();
  }

  /** Waits until a visitor has been answered. */
  Running awaitReady(InetSocketAddress address) throws IOException {
    visitors = address;
    await(() -> Visits.once(address, EXCHANGE_LIMIT_MILLIS), address);
    readyMillis = millis();
    return this;
  }

  private void await(Attempt attempt, InetSocketAddress address) throws IOException {
    while (true) {
      try {
        attempt.run();
        return;
      } catch (IOException e) {
        for (Half half : halves) {
          half.checkAlive();
        }
        if (System.nanoTime() - started > START_LIMIT_NANOS) {
          throw new IOException("nothing answered at " + address + " in time", e);
        }
        Bench.pause(1);
      }
    }
  }

  private double millis() {
    return (System.nanoTime() - started) / 1e6;
  }

  boolean hasProcesses() {
    return !halves.isEmpty();
  }

  InetSocketAddress visitors() {
    return visitors;
  }

  double listeningMillis() {
    return listeningMillis;
  }

  double readyMillis() {
    return readyMillis;
  }

  double cpuSeconds() {
    return halves.stream().mapToDouble(Half::cpuSeconds).sum();
  }

  double megabytes() {
    return halves.stream().mapToDouble(Half::megabytes).sum();
  }

  @Override
  public void close() throws IOException {
    halves.forEach(Half::close);
    for (DelayRelay relay : relays) {
      relay.close();
    }
    for (Path file : files) {
      Files.deleteIfExists(file);
    }
  }

  /** An attempt that fails until the tunnel is ready. */
  private interface Attempt {
    void run() throws IOException;
  }
}
