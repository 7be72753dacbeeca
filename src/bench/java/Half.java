import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * One process of a tunnel. Reports the CPU time and memory of the process and its children. The
 * process ends with the benchmark, even if that is interrupted.
 */
final class Half implements AutoCloseable {

  private static final double TICKS_PER_SECOND = 100;
  private static final int USER_TICKS = 11;
  private static final int SYSTEM_TICKS = 12;
  private static final int STOP_SECONDS = 3;
  private static final Set<Process> RUNNING = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(() -> RUNNING.forEach(Half::kill)));
  }

  private final String name;
  private final Process process;

  private Half(String name, Process process) {
    this.name = name;
    this.process = process;
  }

  static Half start(List<String> command) throws IOException {
    var builder = new ProcessBuilder(command);
    builder.redirectError(ProcessBuilder.Redirect.DISCARD);
    builder.environment().put("RUST_LOG", "error");
    Process process = builder.start();
    RUNNING.add(process);
    process.getOutputStream().close();
    return new Half(Path.of(command.getFirst()).getFileName().toString(), process);
  }

  /** Returns the process's first output line. Further output is not read and must be short. */
  String firstLine() throws IOException {
    BufferedReader output = process.inputReader();
    String line = output.readLine();
    if (line == null) {
      throw new IOException(name + " ended before it was ready");
    }
    return line;
  }

  void checkAlive() throws IOException {
    if (!process.isAlive()) {
      throw new IOException(name + " ended with exit code " + process.exitValue());
    }
  }

  double cpuSeconds() {
    return family().mapToDouble(Half::cpuSeconds).sum();
  }

  double megabytes() {
    return family().mapToDouble(Half::proportionalKilobytes).sum() / 1024;
  }

  private Stream<ProcessHandle> family() {
    return Stream.concat(Stream.of(process.toHandle()), process.descendants());
  }

  private static double cpuSeconds(ProcessHandle handle) {
    String stat = read(handle, "stat");
    String[] fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ");
    if (fields.length <= SYSTEM_TICKS) {
      return 0;
    }
    return (Long.parseLong(fields[USER_TICKS]) + Long.parseLong(fields[SYSTEM_TICKS]))
        / TICKS_PER_SECOND;
  }

  private static double proportionalKilobytes(ProcessHandle handle) {
    return read(handle, "smaps_rollup")
        .lines()
        .filter(line -> line.startsWith("Pss:"))
        .mapToDouble(line -> Double.parseDouble(line.replaceAll("[^0-9]", "")))
        .sum();
  }

  private static String read(ProcessHandle handle, String file) {
    try {
      return Files.readString(Path.of("/proc", Long.toString(handle.pid()), file));
    } catch (IOException e) {
      return ""; // The child has ended.
    }
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
        kill(process);
      }
    } catch (InterruptedException e) {
      kill(process);
      Thread.currentThread().interrupt();
    }
    RUNNING.remove(process);
  }

  private static void kill(Process process) {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }
}
