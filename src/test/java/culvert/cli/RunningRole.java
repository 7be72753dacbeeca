package culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.cli.process.Stop;
import culvert.cli.process.Terminal;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;

/** A command line that runs a role in a thread of the test, until it is closed. */
final class RunningRole implements AutoCloseable {

  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final Stop stop = new Stop();
  private final BufferedReader output;
  private final Thread thread;

  private RunningRole(String... arguments) throws IOException {
    var pipe = new PipedInputStream();
    var out = new PrintStream(new PipedOutputStream(pipe), true, StandardCharsets.UTF_8);
    output = new BufferedReader(new InputStreamReader(pipe, StandardCharsets.UTF_8));
    var terminal =
        new Terminal(
            InputStream.nullInputStream(),
            out,
            new PrintStream(OutputStream.nullOutputStream()),
            Map.of(),
            stop,
            action -> {});
    thread =
        Thread.ofPlatform()
            .start(() -> {
              try (out) {
                Main.run(terminal, arguments);
              }
            });
  }

  static RunningRole start(String... arguments) throws IOException {
    return new RunningRole(arguments);
  }

  /** Waits for the first line on standard output. */
  String firstLine() throws IOException {
    String line = output.readLine();
    assertThat(line).as("the role is ready").isNotNull();
    return line;
  }

  @Override
  public void close() {
    stop.request();
    try {
      assertThat(thread.join(LIMIT)).as("the role stops").isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
