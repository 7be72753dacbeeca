package culvert.cli;

import culvert.cli.process.Stop;
import culvert.cli.process.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import picocli.CommandLine;

/**
 * One command line, run to its end.
 *
 * @param exit the exit code
 * @param out standard output
 * @param err standard error
 */
public record Cli(int exit, String out, String err) {

  public static final String[] REMOTE = {
    "remote-proxy", "--control-addr=127.0.0.1:0", "--outside-addr=127.0.0.1:0"
  };

  /** Runs with these environment variables; a role that starts is stopped at once. */
  public static Cli run(Map<String, String> environment, String... arguments) {
    var out = new ByteArrayOutputStream();
    var err = new ByteArrayOutputStream();
    var stop = new Stop();
    stop.request();
    int exit =
        Main.run(
            new Terminal(
                InputStream.nullInputStream(),
                printer(out),
                printer(err),
                environment,
                stop,
                action -> {}),
            arguments);
    return new Cli(
        exit, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  public static Cli run(String... arguments) {
    return run(Map.of(), arguments);
  }

  /** Runs a remote proxy with further options. */
  public static Cli remote(Map<String, String> environment, String... more) {
    String[] all = Arrays.copyOf(REMOTE, REMOTE.length + more.length);
    System.arraycopy(more, 0, all, REMOTE.length, more.length);
    return run(environment, all);
  }

  public static Cli remote(String... more) {
    return remote(Map.of(), more);
  }

  /** Returns the root of all commands, without variables. */
  public static CommandLine commandLine() {
    return commandLine(Map.of());
  }

  /** Returns the root of all commands with these variables. */
  public static CommandLine commandLine(Map<String, String> environment) {
    return Main.commandLine(
        new Terminal(
            InputStream.nullInputStream(),
            System.out,
            System.err,
            environment,
            new Stop(),
            action -> {}));
  }

  private static PrintStream printer(ByteArrayOutputStream bytes) {
    return new PrintStream(bytes, true, StandardCharsets.UTF_8);
  }
}
