package culvert.system;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A process of the linked image. */
final class Role implements AutoCloseable {

  /** The image under test. */
  static final Path IMAGE = Path.of(System.getProperty("culvert.image", "target/image"));

  private static final int LIMIT_SECONDS = 60;

  /**
   * A process that has ended.
   *
   * @param exit its code
   * @param out its standard output
   * @param err its standard error
   */
  record Ended(int exit, String out, String err) {}

  private final Process process;
  private final BufferedReader out;
  private final CompletableFuture<String> err;

  private Role(Process process) {
    this.process = process;
    this.out = process.inputReader();
    this.err = readLater(process.getErrorStream());
  }

  /** Starts a launcher of the image. */
  static Role start(String... commandLine) throws IOException {
    return start(Map.of(), commandLine);
  }

  /** Starts a launcher of the image, or a program given by its path. */
  static Role start(Map<String, String> environment, String... commandLine) throws IOException {
    List<String> words = new ArrayList<>(List.of(commandLine));
    Path launcher = IMAGE.resolve("bin").resolve(words.getFirst()).toAbsolutePath();
    if (launcher.toFile().canExecute() && !launcher.toFile().isDirectory()) {
      words.set(0, launcher.toString());
    }
    var builder = new ProcessBuilder(words);
    builder.environment().keySet().removeIf(name -> name.startsWith("CULVERT_"));
    builder.environment().putAll(environment);
    return new Role(builder.start());
  }

  /** Runs to the end. */
  static Ended run(String... commandLine) throws Exception {
    try (Role role = start(commandLine)) {
      return role.await();
    }
  }

  /** Runs to the end with one variable. */
  static Ended runWith(String variable, String value, String... commandLine) throws Exception {
    try (Role role = start(Map.of(variable, value), commandLine)) {
      return role.await();
    }
  }

  private static CompletableFuture<String> readLater(InputStream in) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        },
        task -> Thread.ofVirtual().start(task));
  }

  /** The next line of standard output. */
  String line() throws IOException {
    String line = out.readLine();
    if (line == null) {
      throw new IOException("the process ended: " + err.join());
    }
    return line;
  }

  Process process() {
    return process;
  }

  /** Sends TERM, and leaves the streams readable. */
  void terminate() {
    process.toHandle().destroy();
  }

  /** Waits for the end. */
  Ended await() throws Exception {
    String rest = new String(readAll(), StandardCharsets.UTF_8);
    if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
      throw new IOException("the process did not end");
    }
    return new Ended(process.exitValue(), rest, err.get(LIMIT_SECONDS, TimeUnit.SECONDS));
  }

  private byte[] readAll() throws IOException {
    var text = new StringBuilder();
    for (int c = out.read(); c >= 0; c = out.read()) {
      text.append((char) c);
    }
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    process.destroyForcibly();
    try {
      process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
