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
 * How the processes of a test are started.
 *
 * @param environment their variables
 * @param before a program and its first words, which becomes the role
 */
record Launcher(Map<String, String> environment, List<String> before) {

  /** Any free port. */
  static final HostPort ANY = new HostPort("127.0.0.1", 0);

  /** What both halves know, usually. */
  static final String SECRET_TEXT = RolePair.SECRET;

  private static final String SECRET = "CULVERT_SECRET";

  /** With a secret that both halves have. */
  static final Launcher USUAL = new Launcher(Map.of(SECRET, SECRET_TEXT), List.of());

  /** Without any secret. */
  static final Launcher OPEN = new Launcher(Map.of(), List.of());

  Launcher secret(String text) {
    return variable(SECRET, text);
  }

  /** The same, without a seal between the halves: for peers that do as a test says. */
  static final Launcher PLAIN = USUAL.variable("CULVERT_TRANSPORT", "plain");

  Launcher variable(String name, String value) {
    var all = new HashMap<>(environment);
    all.put(name, value);
    return new Launcher(Map.copyOf(all), before);
  }

  Launcher under(String... program) {
    return new Launcher(environment, List.of(program));
  }

  /** Whoever starts the tests may ignore signals, as nohup does, and children inherit that. */
  Launcher hearing(String signal) {
    return under("env", "--default-signal=" + signal);
  }

  /** Starts a remote proxy on ports of its own, on which a later one can follow it. */
  RemoteProcess remote(String... more) throws IOException {
    return remoteAt(Ports.reserve(), Ports.reserve(), more);
  }

  /** A remote proxy at these addresses, which is ready. */
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

  /** An origin proxy, which prints a line when it serves. */
  RoleProcess origin(HostPort control, HostPort server, String... more) throws IOException {
    return start(
        List.of("origin-proxy", "--remote-proxy-addr=" + control, "--origin-server-addr=" + server),
        more);
  }

  private RoleProcess start(List<String> words, String... more) throws IOException {
    var all = new ArrayList<>(before);
    all.add(RoleProcess.launcher(words.getFirst()).toString());
    Stream.concat(words.stream().skip(1), Stream.of(more)).forEach(all::add);
    return RoleProcess.start(environment, all.toArray(String[]::new));
  }
}
