package culvert.cli;

import culvert.net.HostPort;
import culvert.protocol.Handshake;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Shows the whole tunnel on one machine: a hidden web server, both roles, one request. */
@Command(
    name = DemoCommand.NAME,
    description = {
      "Start a small web server, a remote proxy and an origin proxy on this machine, fetch the page",
      "through the tunnel, and stay until Ctrl-C."
    })
final class DemoCommand implements Callable<Integer> {

  static final String NAME = "demo";

  private static final Duration REQUEST_LIMIT = Duration.ofSeconds(10);
  private static final Pattern FIRST_LINE =
      Pattern.compile("remote-proxy: control (\\S+), outside default=(\\S+)");

  private final Terminal terminal;

  @Option(
      names = "--outside-addr",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:0",
      description = "Where you visit the page (default: any free port on 127.0.0.1).")
  private HostPort outside;

  @Option(names = "--once", description = "End after the first request.")
  private boolean once;

  @Option(
      names = "--in-process",
      description = "Run both roles in this process, as the build does to record a start.")
  private boolean inProcess;

  @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
  private boolean help;

  DemoCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    String secret = HexFormat.of().formatHex(Handshake.newInstance());
    try (DemoServer server = DemoServer.start();
        DemoRole remote =
            role(secret, "remote-proxy", "--control-addr", "127.0.0.1:0", "--outside-addr", outside)) {
      Matcher line = FIRST_LINE.matcher(remote.firstLine());
      if (!line.matches()) {
        throw new IOException("the remote proxy did not start; its words are above");
      }
      try (DemoRole origin =
          role(
              secret,
              "origin-proxy",
              "--remote-proxy-addr",
              line.group(1),
              "--origin-server-addr",
              server.address(),
              "--proxy-protocol",
              "v2")) {
        origin.firstLine();
        show(URI.create("http://" + line.group(2) + "/"), server);
        if (!once) {
          terminal.stop().await();
        }
      }
      return ExitCode.OK.code();
    } catch (IOException e) {
      terminal.err().println(NAME + ": " + e.getMessage());
      return ExitCode.FAILURE.code();
    }
  }

  private DemoRole role(String secret, String name, Object... options) throws IOException {
    List<String> words = Arrays.stream(options).map(String::valueOf).toList();
    Map<String, String> environment = Map.of("CULVERT_SECRET", secret, "CULVERT_LOG_LEVEL", "warn");
    if (inProcess) {
      return DemoRole.thread(terminal, environment, name, words);
    }
    Path launcher = Path.of(System.getProperty("java.home"), "bin", name);
    return DemoRole.process(launcher, environment, words);
  }

  private void show(URI url, DemoServer server) throws IOException {
    terminal.out().println("The page is at " + url + " and the server it comes from at " + server.address());
    terminal.out().println("GET " + url);
    terminal.out().println();
    terminal.out().println(fetch(url));
    if (!once) {
      terminal.out().println("Visit it yourself; Ctrl-C ends the demo.");
    }
  }

  private static String fetch(URI url) throws IOException {
    var connection = url.toURL().openConnection();
    connection.setConnectTimeout((int) REQUEST_LIMIT.toMillis());
    connection.setReadTimeout((int) REQUEST_LIMIT.toMillis());
    try (InputStream body = connection.getInputStream()) {
      return new String(body.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
