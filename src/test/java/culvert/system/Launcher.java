package culvert.system;

import culvert.net.HostPort;
import culvert.testing.Ports;
import culvert.testing.RolePair;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Starts the processes of a test.
 *
 * @param environment their environment variables
 * @param before a program with its first arguments that executes the role
 */
record Launcher(Map<String, String> environment, List<String> before) {

  /** Any free port. */
  static final HostPort ANY = new HostPort("127.0.0.1", 0);

  /** The default secret of both proxies. */
  static final String SECRET_TEXT = RolePair.SECRET;

  private static final String SECRET = "CULVERT_SECRET";

  /** Uses the same secret in both proxies. */
  static final Launcher USUAL = new Launcher(Map.of(SECRET, SECRET_TEXT), List.of());

  /** Uses no secret. */
  static final Launcher OPEN = new Launcher(Map.of(), List.of());

  Launcher secret(String text) {
    return variable(SECRET, text);
  }

  /** Uses the secret but no encryption between the proxies, for scripted peers. */
  static final Launcher PLAIN = USUAL.variable("CULVERT_TRANSPORT", "plain");

  Launcher variable(String name, String value) {
    var all = new HashMap<>(environment);
    all.put(name, value);
    return new Launcher(Map.copyOf(all), before);
  }

  Launcher under(String... program) {
    return new Launcher(environment, List.of(program));
  }

  /** Resets a signal's disposition: ignored signals, as under nohup, are inherited. */
  Launcher acceptingSignal(String signal) {
    return under("env", "--default-signal=" + signal);
  }

  /** Starts a remote proxy on reserved ports, on which a later one can listen too. */
  RemoteProcess remote(String... more) throws IOException {
    return remoteAt(Ports.reserve(), Ports.reserve(), more);
  }

  /** Starts a remote proxy at these addresses and waits until it is ready. */
  RemoteProcess remoteAt(HostPort control, HostPort outside, String... more) throws IOException {
    RoleProcess role =
        start(
            List.of("remote-proxy", "--control-addr=" + control, "--outside-addr=" + outside),
            more);
    try {
      String[] bound = role.line().split("remote-proxy: control |, outside default=|, ");
      return new RemoteProcess(role, HostPort.parse(bound[1]), HostPort.parse(bound[2]));
    } catch (IOException | RuntimeException e) {
      role.close();
      throw e;
    }
  }

  /** Starts an origin proxy, which prints a line when it serves. */
  RoleProcess origin(HostPort control, HostPort server, String... more) throws IOException {
    return start(
        List.of("origin-proxy", "--remote-proxy-addr=" + control, "--origin-server-addr=" + server),
        more);
  }

  private RoleProcess start(List<String> commandLine, String... more) throws IOException {
    var all = new ArrayList<>(before);
    all.add(RoleProcess.launcher(commandLine.getFirst()).toString());
    Stream.concat(commandLine.stream().skip(1), Stream.of(more)).forEach(all::add);
    return RoleProcess.start(environment, all.toArray(String[]::new));
  }
}
