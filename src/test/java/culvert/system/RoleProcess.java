package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.testing.Pace;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A process of the linked image. */
final class RoleProcess implements AutoCloseable {

  /** The image under test. */
  static final Path IMAGE = Path.of(System.getProperty("culvert.image", "target/image"));

  private static final int LIMIT_SECONDS = 60;
  private static final Duration QUIET = Duration.ofMillis(300);
  private static final Duration POLL = Duration.ofMillis(20);

  /**
   * The result of a process that has ended.
   *
   * @param exit the exit code
   * @param out the standard output
   * @param err the standard error
   */
  record Ended(int exit, String out, String err) {}

  private final Process process;
  private final Output out;
  private final Output err;

  private RoleProcess(Process process) {
    this.process = process;
    this.out = new Output(process.getInputStream());
    this.err = new Output(process.getErrorStream());
  }

  /** Starts a launcher of the image. */
  static RoleProcess start(String... commandLine) throws IOException {
    return start(Map.of(), commandLine);
  }

  /** Starts a launcher of the image, or a program given by its path. */
  static RoleProcess start(Map<String, String> environment, String... commandLine)
      throws IOException {
    List<String> arguments = new ArrayList<>(List.of(commandLine));
    Path launcher = launcher(arguments.getFirst());
    if (launcher.toFile().canExecute() && !launcher.toFile().isDirectory()) {
      arguments.set(0, launcher.toString());
    }
    var builder = new ProcessBuilder(arguments);
    builder.environment().keySet().removeIf(RoleProcess::counts);
    builder.environment().putAll(environment);
    return new RoleProcess(builder.start());
  }

  /** Returns whether a role reads this variable: tests set such variables, the machine does not. */
  private static boolean counts(String variable) {
    String name = variable.toUpperCase(Locale.ROOT);
    return name.startsWith("CULVERT_")
        || name.startsWith("BORE_")
        || name.endsWith("_PROXY")
        || List.of("SSL_CERT_FILE", "RUST_LOG").contains(name);
  }

  /** Returns the path of the image's launcher of this name. */
  static Path launcher(String name) {
    return IMAGE.resolve("bin").resolve(name).toAbsolutePath();
  }

  /** Runs a command to its end. */
  static Ended run(String... commandLine) throws Exception {
    try (RoleProcess role = start(commandLine)) {
      return role.await();
    }
  }

  /** Runs a command to its end with one environment variable. */
  static Ended runWith(String variable, String value, String... commandLine) throws Exception {
    try (RoleProcess role = start(Map.of(variable, value), commandLine)) {
      return role.await();
    }
  }

  /** Waits for the next line of standard output and returns it. */
  String line() throws IOException {
    try {
      return out.line();
    } catch (IOException e) {
      throw new IOException(e.getMessage() + ": " + err.text(), e);
    }
  }

  /** Returns the standard error so far. */
  Output err() {
    return err;
  }

  Process process() {
    return process;
  }

  /** Returns the current resources, which active connections may change at any time. */
  ProcessResources footprint() throws IOException {
    return ProcessResources.of(process.pid());
  }

  /** Returns the resources once the number of descriptors has been stable for {@link #QUIET}. */
  ProcessResources settledFootprint() throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
    ProcessResources before = footprint();
    long since = System.nanoTime();
    while (System.nanoTime() - since < QUIET.toNanos()) {
      Pace.pause(POLL);
      ProcessResources now = footprint();
      if (now.descriptors() != before.descriptors() || now.sockets() != before.sockets()) {
        since = System.nanoTime();
        assertThat(since).as("descriptors still change: " + now).isLessThan(deadline);
      }
      before = now;
    }
    return before;
  }

  /** Returns the size of the live heap after a garbage collection. */
  long liveHeapBytes() throws Exception {
    String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    Ended histogram = run(jcmd, String.valueOf(process.pid()), "GC.class_histogram");
    String total = histogram.out().lines().reduce("", (before, line) -> line);
    assertThat(total).as(histogram.err()).startsWith("Total ");
    return Long.parseLong(total.split(" +")[2]);
  }

  /** Sends TERM and leaves the streams readable. */
  void terminate() {
    process.toHandle().destroy();
  }

  /** Sends the signal of this name. */
  void signal(String name) throws Exception {
    assertThat(run("kill", "-" + name, String.valueOf(process.pid())).exit()).isZero();
  }

  /** Sends KILL and waits until the process no longer exists. */
  void kill() throws InterruptedException {
    process.destroyForcibly();
    assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
  }

  /** Waits for the end of the process. */
  Ended await() throws Exception {
    String rest = out.rest(LIMIT_SECONDS);
    if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
      throw new IOException("the process did not end");
    }
    return new Ended(process.exitValue(), rest, err.rest(LIMIT_SECONDS));
  }

  @Override
  public void close() {
    try {
      kill();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
