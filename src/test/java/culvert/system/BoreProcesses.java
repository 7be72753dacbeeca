package culvert.system;

import culvert.net.HostPort;
import culvert.testing.Ports;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Starts the clients and servers of {@code culvert bore} as processes of the image. */
final class BoreProcesses {

  private static final List<String> SERVER =
      List.of("culvert", "bore", "server", "--min-port=20000", "--max-port=29999");

  private static final String LISTENING = "listening at ";

  private BoreProcesses() {}

  /**
   * A running server.
   *
   * @param role the process
   * @param control the control address
   */
  record Server(RoleProcess role, HostPort control) implements AutoCloseable {
    @Override
    public void close() {
      role.close();
    }
  }

  /** Starts a server on a reserved port, on which a later server can listen too. */
  static Server server(String... more) throws IOException {
    return serverAt(Ports.reserve(), more);
  }

  /** Starts a server at an address of the test's choice. */
  static Server serverAt(HostPort control, String... more) throws IOException {
    return started(RoleProcess.start(command(control, more).toArray(String[]::new)));
  }

  /** Starts a server that can open this many file descriptors. */
  static Server serverWith(int descriptors) throws IOException {
    var words = List.of("sh", "-c", "ulimit -n " + descriptors + "; exec \"$@\"", "sh");
    var commandLine = new ArrayList<>(words);
    commandLine.addAll(command(Ports.reserve()));
    commandLine.set(words.size(), RoleProcess.launcher(SERVER.getFirst()).toString());
    return started(RoleProcess.start(commandLine.toArray(String[]::new)));
  }

  private static List<String> command(HostPort control, String... more) {
    var where = Stream.of("--bind-addr=" + control.host(), "--control-port=" + control.port());
    return Stream.of(SERVER.stream(), where, Stream.of(more)).flatMap(part -> part).toList();
  }

  private static Server started(RoleProcess role) throws IOException {
    try {
      String line = role.line();
      return new Server(role, HostPort.parse(line.split("bore server: listening ")[1]));
    } catch (IOException | RuntimeException e) {
      role.close();
      throw e;
    }
  }

  /** Starts a client, which prints a line when it has a port. */
  static RoleProcess local(HostPort server, HostPort origin, String... more) throws IOException {
    var arguments =
        Stream.of(
            "culvert",
            "bore",
            "local",
            "--to=" + server,
            "--local-host=" + origin.host(),
            String.valueOf(origin.port()));
    return RoleProcess.start(Stream.concat(arguments, Stream.of(more)).toArray(String[]::new));
  }

  /** Returns a client's public address after its next login; the original bore prints more. */
  static HostPort listening(RoleProcess local) throws IOException {
    String line = local.line();
    while (!line.contains(LISTENING)) {
      line = local.line();
    }
    return HostPort.parse(line.split(LISTENING)[1]);
  }
}
