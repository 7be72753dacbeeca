package culvert.cli;

import culvert.cli.process.ExitCode;
import culvert.cli.process.Terminal;
import culvert.config.Secret;
import culvert.net.HostPort;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs an origin server and both halves on this machine, and sends one request through them. */
@Command(
    name = DemoCommand.NAME,
    sortOptions = false,
    customSynopsis = "culvert demo [OPTION]...",
    description =
        "Start a small web server, a remote proxy and an origin proxy on this "
            + "machine, fetch the page through the tunnel, and stay until Ctrl-C.")
final class DemoCommand implements Callable<Integer> {

  static final String NAME = "demo";

  private static final Duration REQUEST_LIMIT = Duration.ofSeconds(10);

  private final Terminal terminal;

  @Option(
      names = "--outside-addr",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:0",
      description = "Where you visit the page (default: any free port on 127.0.0.1).")
  private HostPort outside;

  @Option(names = "--once", description = "End after the first request.")
  private boolean once;

  @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
  private boolean help;

  DemoCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    // A secret of this run only, so that no other process can log in.
    var environment =
        Map.of(
            "CULVERT_SECRET",
            Secret.generate(),
            "CULVERT_LOG_LEVEL",
            "warn",
            "CULVERT_DRAIN_TIMEOUT",
            "0s");
    try (DemoServer server = DemoServer.bind();
        RoleProcess remote = RoleProcess.start(environment, remoteProxy())) {
      Matcher addresses = RemoteProxyCommand.FIRST_LINE.matcher(remote.firstLine());
      if (!addresses.matches()) {
        throw new IOException("unexpected first line of the remote proxy");
      }
      try (RoleProcess origin =
          RoleProcess.start(environment, originProxy(addresses.group(1), server.address()))) {
        origin.firstLine();
        URI url = URI.create("http://" + addresses.group(2) + "/");
        server.start(new DemoTunnel(url, remote.pid(), origin.pid()));
        show(url, server);
      }
      return ExitCode.OK.code();
    } catch (IOException e) {
      terminal.err().println(NAME + ": " + e.getMessage());
      return ExitCode.FAILURE.code();
    }
  }

  private List<String> remoteProxy() {
    return List.of(
        "remote-proxy", "--control-addr", "127.0.0.1:0", "--outside-addr", outside.toString());
  }

  private static List<String> originProxy(String control, HostPort server) {
    return List.of(
        "origin-proxy",
        "--remote-proxy-addr",
        control,
        "--origin-server-addr",
        server.toString(),
        "--proxy-protocol",
        "v2");
  }

  private void show(URI url, DemoServer server) throws IOException, InterruptedException {
    terminal.out().println("The origin server is at " + server.address() + ".");
    terminal.out().println("Through the tunnel it is " + url);
    terminal.out().println();
    terminal.out().println(fetch(url));
    if (!once) {
      terminal.out().println("Visit it yourself; Ctrl-C ends the demo.");
      terminal.stop().await();
    }
  }

  private static String fetch(URI url) throws IOException {
    var connection = url.toURL().openConnection();
    connection.setRequestProperty("Accept", "text/plain");
    connection.setConnectTimeout((int) REQUEST_LIMIT.toMillis());
    connection.setReadTimeout((int) REQUEST_LIMIT.toMillis());
    try (InputStream body = connection.getInputStream()) {
      return new String(body.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
