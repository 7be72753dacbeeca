package culvert.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** One role of the demo: a process of the image, or a thread of this one. */
final class DemoRole implements AutoCloseable {

  private static final int STOP_LIMIT_SECONDS = 5;

  private final String name;
  private final BufferedReader output;
  private final Runnable stop;

  private DemoRole(String name, BufferedReader output, Runnable stop) {
    this.name = name;
    this.output = output;
    this.stop = stop;
  }

  static DemoRole process(Path launcher, Map<String, String> environment, List<String> options)
      throws IOException {
    if (!Files.isExecutable(launcher)) {
      throw new IOException("the demo runs from the linked image: " + launcher + " is not there");
    }
    var command = new ArrayList<String>(options);
    command.addFirst(launcher.toString());
    var builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().putAll(environment);
    Process process = builder.start();
    return new DemoRole(launcher.getFileName().toString(), process.inputReader(), () -> end(process));
  }

  private static void end(Process process) {
    process.destroy();
    try {
      if (!process.waitFor(STOP_LIMIT_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  static DemoRole thread(
      Terminal terminal, Map<String, String> environment, String name, List<String> options)
      throws IOException {
    var pipe = new PipedInputStream();
    var out = new PrintStream(new PipedOutputStream(pipe), true, StandardCharsets.UTF_8);
    var stop = new Stop();
    var words = new ArrayList<>(options);
    words.addFirst(name);
    Thread thread =
        Thread.ofVirtual()
            .name(name)
            .start(
                () -> {
                  try (out) {
                    var inner = new Terminal(out, terminal.err(), environment, stop);
                    Main.run(inner, words.toArray(String[]::new));
                  }
                });
    var reader = new BufferedReader(new InputStreamReader(pipe, StandardCharsets.UTF_8));
    return new DemoRole(name, reader, () -> end(stop, thread));
  }

  private static void end(Stop stop, Thread thread) {
    stop.request();
    try {
      thread.join(Duration.ofSeconds(STOP_LIMIT_SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits for the line that says the role is ready. */
  String firstLine() throws IOException {
    String line = output.readLine();
    if (line == null) {
      throw new IOException("the " + name + " ended before it was ready; its words are above");
    }
    return line;
  }

  @Override
  public void close() {
    stop.run();
  }
}
