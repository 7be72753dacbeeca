import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * Measures the overhead of Culvert, compared with direct loopback and other tunnels, on Linux with
 * JDK 22 or newer (which runs programs of several source files):
 *
 * <pre>java src/bench/java/Bench.java --help</pre>
 *
 * <p>Every round starts and measures each tunnel in turn, so that a machine that slows down affects
 * all tunnels. The origin server and the visitors run in this process; CPU and memory figures cover
 * the tunnel's processes only.
 */
final class Bench {

  private static final int REST_MILLIS = 1000;
  private static final int MANY = 64;
  private static final int COMING = 16;

  private final BenchOptions options;
  private final Report report = new Report();
  private final Origin origin;
  private boolean failed;

  private Bench(BenchOptions options, Origin origin) {
    this.options = options;
    this.origin = origin;
  }

  public static void main(String[] args) {
    if (List.of(args).contains("--help")) {
      System.out.print(BenchOptions.USAGE);
      return;
    }
    try (var origin = new Origin()) {
      var bench = new Bench(BenchOptions.parse(args), origin);
      System.out.println("java src/bench/java/Bench.java " + String.join(" ", args));
      bench.run();
      System.exit(bench.failed ? 1 : 0);
    } catch (IllegalArgumentException e) {
      warn(e.getMessage());
      System.exit(2);
    } catch (IOException | UncheckedIOException e) {
      warn(e.getMessage());
      System.exit(1);
    }
  }

  private void run() throws IOException {
    List<Tunnel> tunnels =
        Tunnel.find(options).stream()
            .filter(tunnel -> options.only().isEmpty() || options.only().contains(tunnel.name()))
            .toList();
    if (tunnels.isEmpty()) {
      throw new IOException("nothing to measure: see --image and --peers");
    }
    warmUp();
    for (int round = 1; round <= options.rounds(); round++) {
      for (Tunnel tunnel : tunnels) {
        System.err.println("round " + round + ": " + tunnel.name());
        try (Running running = tunnel.start(origin.address(), options.distance())) {
          measure(running, report.column(tunnel.name()));
        } catch (IOException e) {
          failed = true;
          warn(tunnel.name() + ": " + e.getMessage());
        }
      }
    }
    report.print();
  }

  /** Warms up this process's loops, so that JIT compilation does not distort the first figures. */
  private void warmUp() throws IOException {
    var window = new Window(0, 500);
    try (Running direct = new Tunnel.Direct().start(origin.address(), Distance.NONE)) {
      BulkLoad.measure(direct, origin, Origin.DOWN, 1, window);
      BulkLoad.measure(direct, origin, Origin.UP, 1, window);
      RequestLoad.measure(direct, Origin.REQUESTS, MANY, window);
      RequestLoad.measure(direct, Origin.ONE_REQUEST, COMING, window);
    }
  }

  private void measure(Running tunnel, Report.Column figures) throws IOException {
    var window = Window.ofSeconds(options.seconds());
    if (!options.distance().isNone()) {
      FarLoad.measure(tunnel, origin, options.distance(), window, figures);
      return;
    }
    if (options.tests().contains("start") && tunnel.hasProcesses()) {
      figures.add(Figure.LISTENING, tunnel.listeningMillis());
      figures.add(Figure.READY, tunnel.readyMillis());
      pause(REST_MILLIS);
      figures.add(Figure.REST, tunnel.megabytes());
    }
    if (options.tests().contains("idle") && tunnel.hasProcesses()) {
      Visits.idle(tunnel, figures);
    }
    if (options.tests().contains("bulk")) {
      bulk(tunnel, figures, window, Origin.DOWN, 1, Figure.DOWN, Figure.DOWN_CPU);
      bulk(tunnel, figures, window, Origin.UP, 1, Figure.UP, Figure.UP_CPU);
      bulk(tunnel, figures, window, Origin.DOWN, 8, Figure.DOWN8, Figure.DOWN8_CPU);
    }
    if (options.tests().contains("requests")) {
      var result = RequestLoad.measure(tunnel, Origin.REQUESTS, MANY, window);
      figures.add(Figure.REQUESTS, result.perSecond());
      figures.add(Figure.REQUEST_P50, result.p50());
      figures.add(Figure.REQUEST_P99, result.p99());
      cost(tunnel, figures, Figure.REQUEST_CPU, result.cpu());
      result = RequestLoad.measure(tunnel, Origin.REQUESTS, 1, window);
      figures.add(Figure.ALONE, result.perSecond());
      figures.add(Figure.ALONE_P50, result.p50());
    }
    if (options.tests().contains("connections")) {
      var result = RequestLoad.measure(tunnel, Origin.ONE_REQUEST, COMING, window);
      figures.add(Figure.CONNECTIONS, result.perSecond());
      figures.add(Figure.CONNECTION_P99, result.p99());
      cost(tunnel, figures, Figure.CONNECTION_CPU, result.cpu());
    }
  }

  private void bulk(
      Running tunnel,
      Report.Column figures,
      Window window,
      byte kind,
      int streams,
      Figure speed,
      Figure cpu)
      throws IOException {
    var bulk = BulkLoad.measure(tunnel, origin, kind, streams, window);
    figures.add(speed, bulk.bitsPerSecond() / 1e9);
    cost(tunnel, figures, cpu, bulk.cpuPerGigabyte());
  }

  /** Adds a figure that exists only for tunnels with processes. */
  private static void cost(Running tunnel, Report.Column figures, Figure figure, double value) {
    if (tunnel.hasProcesses()) {
      figures.add(figure, value);
    }
  }

  static void pause(long millis) throws InterruptedIOException {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
  }

  static void warn(String message) {
    System.err.println("bench: " + message);
  }
}
