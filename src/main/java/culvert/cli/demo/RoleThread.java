package culvert.cli.demo;

import culvert.cli.process.CommandRunner;
import culvert.cli.process.Stop;
import culvert.cli.process.Terminal;
import culvert.net.Threads;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;

/** A role's command in a thread of this process. */
final class RoleThread implements AutoCloseable {

  private static final Duration STOP_LIMIT = Duration.ofSeconds(5);

  private final Stop stop = new Stop();
  private final BufferedReader output;
  private final Thread thread;

  /**
   * Starts the command.
   *
   * @param environment its environment variables, instead of those of the process
   */
  RoleThread(
      CommandRunner runner,
      Terminal terminal,
      Map<String, String> environment,
      String... commandLine)
      throws IOException {
    var pipe = new PipedInputStream();
    var out = new PrintStream(new PipedOutputStream(pipe), true, StandardCharsets.UTF_8);
    output = new BufferedReader(new InputStreamReader(pipe, StandardCharsets.UTF_8));
    var own = new Terminal(terminal.in(), out, terminal.err(), environment, stop, action -> {});
    thread =
        Threads.start(
            commandLine[0],
            () -> {
              try (out) {
                runner.run(own, commandLine);
              }
            });
  }

  /** Waits for the first line, which the role prints once it is ready. */
  String firstLine() throws IOException {
    String line = output.readLine();
    if (line == null) {
      throw new IOException("the role ended before it was ready");
    }
    return line;
  }

  @Override
  public void close() {
    stop.request();
    try {
      thread.join(STOP_LIMIT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
