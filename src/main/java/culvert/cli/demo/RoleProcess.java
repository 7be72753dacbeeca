package culvert.cli.demo;

import culvert.setting.Setting;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A role as a process of the image that this process runs from. */
final class RoleProcess implements AutoCloseable {

  private static final int STOP_LIMIT_SECONDS = 5;

  private final String name;
  private final Process process;
  private final BufferedReader output;

  private RoleProcess(String name, Process process) {
    this.name = name;
    this.process = process;
    this.output = process.inputReader();
  }

  /** Starts {@code commandLine}, whose first word is a launcher's name. */
  static RoleProcess start(Map<String, String> environment, List<String> commandLine)
      throws IOException {
    String name = commandLine.getFirst();
    Path launcher = Path.of(System.getProperty("java.home"), "bin", name);
    if (!Files.isExecutable(launcher)) {
      throw new IOException("the demo needs the linked image: " + launcher + " does not exist");
    }
    var command = new ArrayList<>(commandLine);
    command.set(0, launcher.toString());
    var builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().remove(Setting.CONFIG.variable());
    builder.environment().putAll(environment);
    return new RoleProcess(name, builder.start());
  }

  /** Waits for the first line, which the role prints once it is ready. */
  String firstLine() throws IOException {
    String line = output.readLine();
    if (line == null) {
      throw new IOException("the " + name + " ended before it was ready; its messages are above");
    }
    return line;
  }

  long pid() {
    return process.pid();
  }

  @Override
  public void close() {
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
}
