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
 * The real bore's server in a process of its own, at an address of loopback that it has alone: its
 * control port is always the same. A test that wants it is skipped where it is not installed: on
 * PATH, or where the property {@value #PROPERTY} says.
 */
public final class BoreProgram implements AutoCloseable {

  /** Names the program's file. */
  public static final String PROPERTY = "culvert.bore";

  private static final int CONTROL_PORT = 7835;

  private final List<String> commandLine = new ArrayList<>();
  private final String address;
  private Process process;

  private BoreProgram(String address, Path program, String... options) {
    this.address = address;
    var words = new ArrayList<>(List.of(program.toString(), "server", "--bind-addr", address));
    words.addAll(List.of(options));
    commandLine.addAll(inUtf8(words));
  }

  /** A server that serves. */
  public static BoreProgram server(String... options) throws Exception {
    Path program = program();
    var random = ThreadLocalRandom.current();
    String address = "127.%d.%d.%d".formatted(random.nextInt(64, 250), random.nextInt(250), 7);
    var server = new BoreProgram(address, program, options);
    server.start();
    return server;
  }

  /** The program's file. */
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
   * The same command line in UTF-8, whatever the locale of this process makes of letters: where
   * some are not ASCII, a shell that writes their bytes becomes the program.
   */
  public static List<String> inUtf8(List<String> words) {
    if (StandardCharsets.US_ASCII.newEncoder().canEncode(String.join("", words))) {
      return words;
    }
    var script = new StringBuilder("exec");
    for (String word : words) {
      script.append(" \"$(printf '");
      for (byte b : word.getBytes(StandardCharsets.UTF_8)) {
        script.append("\\%03o".formatted(b & 0xff));
      }
      script.append("')\"");
    }
    return List.of("/bin/sh", "-c", script.toString());
  }

  /** Starts it, also after {@link #kill}. */
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

  /** Ends it as kill -9 does. */
  public void kill() {
    process.destroyForcibly().onExit().join();
  }

  /** Where it listens. */
  public String address() {
    return address;
  }

  @Override
  public void close() {
    kill();
  }
}
