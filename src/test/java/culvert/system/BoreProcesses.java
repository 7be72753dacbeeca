package culvert.system;

import culvert.net.HostPort;
import culvert.testing.Ports;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;

/** What {@code culvert bore} has for bore, as processes of the image. */
final class BoreProcesses {

  private static final List<String> SERVER =
      List.of("culvert", "bore", "server", "--min-port=20000", "--max-port=29999");

  private static final String LISTENING = "listening at ";

  private BoreProcesses() {}

  /**
   * A server, which is ready.
   *
   * @param role the process
   * @param control where its clients connect
   */
  record Server(RoleProcess role, HostPort control) implements AutoCloseable {
    @Override
    public void close() {
      role.close();
    }
  }

  /** Starts a server on a port of its own, on which a later one can follow it. */
  static Server server(String... more) throws IOException {
    return serverAt(Ports.reserve(), more);
  }

  /** The same at an address of the test's choice. */
  static Server serverAt(HostPort control, String... more) throws IOException {
    var where = Stream.of("--bind-addr=" + control.host(), "--control-port=" + control.port());
    RoleProcess role =
        RoleProcess.start(
            Stream.of(SERVER.stream(), where, Stream.of(more))
                .flatMap(words -> words)
                .toArray(String[]::new));
    try {
      String line = role.line();
      return new Server(role, HostPort.parse(line.split("bore server: listening ")[1]));
    } catch (IOException | RuntimeException e) {
      role.close();
      throw e;
    }
  }

  /** A client, which prints a line when it has its port. */
  static RoleProcess local(HostPort server, HostPort origin, String... more) throws IOException {
    var words =
        Stream.of(
            "culvert",
            "bore",
            "local",
            "--to=" + server,
            "--local-host=" + origin.host(),
            String.valueOf(origin.port()));
    return RoleProcess.start(Stream.concat(words, Stream.of(more)).toArray(String[]::new));
  }

  /** Where a client's visitors come in, at its next login; the real bore's says more than that. */
  static HostPort listening(RoleProcess local) throws IOException {
    String line = local.line();
    while (!line.contains(LISTENING)) {
      line = local.line();
    }
    return HostPort.parse(line.split(LISTENING)[1]);
  }
}
