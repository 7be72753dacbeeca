import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The options of the command line.
 *
 * @param seconds duration of each measurement
 * @param only the tunnels to measure; empty: all that are installed
 * @param tests the subset of {@link #TESTS} to run
 * @param distance the distance between the proxies, for the test of that name
 */
record BenchOptions(
    int rounds,
    double seconds,
    Set<String> only,
    Set<String> tests,
    Optional<Path> peers,
    Path image,
    Distance distance) {

  static final List<String> TESTS = List.of("start", "idle", "bulk", "requests", "connections");

  static final String USAGE =
      """
      Usage: java src/bench/java/Bench.java [OPTION]...
      Measures Culvert beside direct loopback and the peers it finds (bore, rathole), in turn.
        --rounds N         how many times each is started and measured (default: 3, at most 20)
        --seconds N        duration of each measurement (default: 3, at most 60)
        --only NAME,NAME   of direct, culvert, culvert-noise, culvert-tls, bore, culvert-bore, rathole,
                             rathole-noise, rathole-tls (default: all that are installed)
        --tests NAME,NAME  of start, idle, bulk, requests, connections (default: all)
        --peers FOLDER     where to look for the peers before PATH
        --image FOLDER     Culvert's runtime image (default: target/image)
        --distance TIME    instead of the tests: measure at this round-trip time, such as 50ms
        --rate MBITS       with --distance: rate of the link in each direction, in Mbit/s
        --help             show this help and exit
      """;

  private static final int MAX_ROUNDS = 20;
  private static final int MAX_SECONDS = 60;
  private static final int MAX_MILLIS = 2000;
  private static final int MAX_MEGABITS = 10_000;

  static BenchOptions parse(String[] args) {
    int rounds = 3;
    double seconds = 3;
    Set<String> only = Set.of();
    Set<String> tests = Set.copyOf(TESTS);
    Optional<Path> peers = Optional.empty();
    Path image = Path.of("target/image");
    Duration roundTrip = Duration.ZERO;
    double rate = 0;
    Deque<String> left = new ArrayDeque<>(List.of(args));
    while (!left.isEmpty()) {
      String option = left.pop();
      if (left.isEmpty()) {
        throw new IllegalArgumentException(option + " is no option, or lacks its value");
      }
      String value = left.pop();
      switch (option) {
        case "--rounds" -> rounds = (int) number(option, value, 1, MAX_ROUNDS);
        case "--seconds" -> seconds = number(option, value, 0.5, MAX_SECONDS);
        case "--only" -> only = names(option, value, Tunnel.NAMES);
        case "--tests" -> tests = names(option, value, TESTS);
        case "--peers" -> peers = Optional.of(Path.of(value));
        case "--image" -> image = Path.of(value);
        case "--distance" ->
            roundTrip =
                Duration.ofMillis(
                    (long) number(option, value.replaceFirst("ms$", ""), 1, MAX_MILLIS));
        case "--rate" -> rate = number(option, value, 0.1, MAX_MEGABITS);
        default -> throw new IllegalArgumentException(option + " is no option; try --help");
      }
    }
    if (rate > 0 && roundTrip.isZero()) {
      throw new IllegalArgumentException("--rate needs --distance");
    }
    return new BenchOptions(
        rounds, seconds, only, tests, peers, image, new Distance(roundTrip, rate * 1e6));
  }

  private static double number(String option, String value, double min, double max) {
    try {
      double number = Double.parseDouble(value);
      if (number >= min && number <= max) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Reported below.
    }
    throw new IllegalArgumentException(
        "%s takes a number from %s to %s, not %s".formatted(option, min, max, value));
  }

  private static Set<String> names(String option, String value, List<String> known) {
    Set<String> names = Set.of(value.split(","));
    if (!known.containsAll(names)) {
      throw new IllegalArgumentException(
          "%s takes %s, not %s".formatted(option, String.join(",", known), value));
    }
    return names;
  }
}
