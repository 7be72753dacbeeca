package culvert.cli.demo;

import culvert.cli.option.AddressForms;
import culvert.cli.option.Examples;
import culvert.cli.option.HelpGroup;
import culvert.cli.option.InHelp;
import culvert.cli.option.LogOptions;
import culvert.cli.option.SettingId;
import culvert.cli.option.StandardOptions;
import culvert.cli.process.CommandFailure;
import culvert.cli.process.ErrorLines;
import culvert.cli.process.ExitCode;
import culvert.cli.process.FirstLine;
import culvert.cli.process.Terminal;
import culvert.config.Secret;
import culvert.net.HostPort;
import culvert.setting.Setting;
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
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Runs an origin server and both halves on this machine, and sends one request through them. */
@Command(
    name = DemoCommand.NAME,
    sortOptions = false,
    customSynopsis = "culvert demo [OPTION]...",
    description = {
      "Run a web server and both proxies on this machine.",
      "",
      "The command fetches a page through the tunnel, and runs until Ctrl-C."
    })
@Examples({"culvert demo", "culvert demo --outside-addr 127.0.0.1:8000"})
public final class DemoCommand implements Callable<Integer> {

  static final String NAME = "demo";

  private static final Duration REQUEST_LIMIT = Duration.ofSeconds(10);

  private final Terminal terminal;

  @Option(
      names = "--outside-addr",
      paramLabel = "[HOST:]PORT",
      defaultValue = "127.0.0.1:0",
      converter = AddressForms.Local.class,
      description =
          "Public address of the web server. A port without a host is on localhost; port 0 is any"
              + " free port.")
  @SettingId(Setting.DEMO_OUTSIDE_ADDR)
  @InHelp(value = HelpGroup.ADDRESSES, isBrief = true)
  private HostPort outside;

  @Option(names = "--once", fallbackValue = "true", description = "Exit after the first request.")
  @SettingId(Setting.DEMO_ONCE)
  @InHelp(value = HelpGroup.OPERATION, isBrief = true)
  private boolean once;

  @Mixin private StandardOptions standard;

  /** Creates a command that prints to the terminal. */
  public DemoCommand(Terminal terminal) {
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
      Matcher addresses = FirstLine.REMOTE_PROXY.matcher(remote.firstLine());
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
      throw new CommandFailure(ExitCode.FAILURE, e);
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
      terminal.out().println("Open it in a browser; Ctrl-C ends the demo.");
      terminal.stop().await();
      ErrorLines lines = LogOptions.errorLines(terminal, List.of());
      terminal.stop().cause().ifPresent(cause -> lines.warn(NAME, cause));
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
