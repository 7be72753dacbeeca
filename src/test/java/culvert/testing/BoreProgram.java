package culvert.testing;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;

/**
 * The original bore server as a separate process. It listens at its own loopback address, because
 * its control port is fixed. The program is looked up in PATH or at the path in the property
 * {@value #PROPERTY}; tests that use it are skipped if it is not installed.
 */
public final class BoreProgram implements AutoCloseable {

  /** System property with the path of the program's file. */
  public static final String PROPERTY = "culvert.bore";

  private static final int CONTROL_PORT = 7835;

  private final List<String> commandLine = new ArrayList<>();
  private final String address;
  private Process process;

  private BoreProgram(String address, Path program, String... options) {
    this.address = address;
    var arguments = new ArrayList<>(List.of(program.toString(), "server", "--bind-addr", address));
    arguments.addAll(List.of(options));
    commandLine.addAll(inUtf8(arguments));
  }

  /** Starts a server and waits until it listens. */
  public static BoreProgram server(String... options) throws Exception {
    Path program = program();
    var random = ThreadLocalRandom.current();
    String address = "127.%d.%d.%d".formatted(random.nextInt(64, 250), random.nextInt(250), 7);
    var server = new BoreProgram(address, program, options);
    server.start();
    return server;
  }

  /** Returns the program's file; skips the test if there is none. */
  public static Path program() {
    List<Path> places =
        Stream.concat(
                Stream.ofNullable(System.getProperty(PROPERTY)).map(Path::of),
                Stream.of(System.getenv("PATH").split(File.pathSeparator))
                    .map(folder -> Path.of(folder, "bore")))
            .filter(Files::isExecutable)
            .toList();
    assumeTrue(!places.isEmpty(), "bore is not installed");
    return places.getFirst();
  }

  /**
   * Returns the command line encoded in UTF-8 regardless of this process's locale: if an argument
   * is not ASCII, a shell script prints its bytes and then executes the program.
   */
  public static List<String> inUtf8(List<String> commandLine) {
    if (StandardCharsets.US_ASCII.newEncoder().canEncode(String.join("", commandLine))) {
      return commandLine;
    }
    var script = new StringBuilder("exec");
    for (String argument : commandLine) {
      script.append(" \"$(printf '");
      for (byte b : argument.getBytes(StandardCharsets.UTF_8)) {
        script.append("\\%03o".formatted(b & 0xff));
      }
      script.append("')\"");
    }
    return List.of("/bin/sh", "-c", script.toString());
  }

  /** Starts the server, also after {@link #kill}. */
  public void start() throws Exception {
    process =
        new ProcessBuilder(commandLine)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    Eventually.within(
        RolePair.LIMIT,
        () -> {
          if (!process.isAlive()) {
            throw new IOException("bore has ended");
          }
          new Socket(address, CONTROL_PORT).close();
        });
  }

  /** Kills the process with SIGKILL. */
  public void kill() {
    process.destroyForcibly().onExit().join();
  }

  /** Returns the address at which the server listens. */
  public String address() {
    return address;
  }

  @Override
  public void close() {
    kill();
  }
}
