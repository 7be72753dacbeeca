package culvert.cli;

import static culvert.observe.LogEvent.event;

import culvert.cli.option.BoreRunOptions;
import culvert.cli.option.BoreSecretOptions;
import culvert.cli.process.ExitCode;
import culvert.cli.process.Terminal;
import culvert.config.BoreServerSettings;
import culvert.config.BounceCredentials;
import culvert.config.ConnectionLimits;
import culvert.config.PortRange;
import culvert.config.RemoteSettings;
import culvert.config.ResourceLimits;
import culvert.config.TransportSettings;
import culvert.net.Durations;
import culvert.net.HostPort;
import culvert.observe.Log;
import culvert.remote.RemoteProxy;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Serves bore's clients, and nobody else, until it is told to stop. */
@Command(
    name = BoreServerCommand.NAME,
    sortOptions = false,
    customSynopsis = "culvert bore server [OPTION]...",
    description = {
      "Run on a host that everybody reaches: takes visitors for each client at a port that the "
          + "client asks for.",
      "",
      "A client that is gone gives its port back within seconds. RUST_LOG sets the log level as "
          + "well."
    })
final class BoreServerCommand implements Callable<Integer> {

  static final String NAME = "server";

  /** What {@link #call} prints first, for whoever starts this role. */
  static final Pattern FIRST_LINE = Pattern.compile("bore server: listening (\\S+)");

  private static final String ROLE = "bore server";

  /** Three seconds for each of two messages, and one to spare. */
  private static final Duration HANDSHAKE = Duration.ofSeconds(7);

  /** As long as bore keeps a visitor that no client takes. */
  private static final Duration UNCLAIMED = Duration.ofSeconds(10);

  private static final int MAX_PORT = 65535;

  private final Terminal terminal;

  @Spec private CommandSpec spec;

  @Option(
      names = "--min-port",
      paramLabel = "PORT",
      defaultValue = "1024",
      description = "The lowest port that clients may have (default: 1024) [env: BORE_MIN_PORT].")
  private int minPort;

  @Option(
      names = "--max-port",
      paramLabel = "PORT",
      defaultValue = "65535",
      description = "The highest (default: 65535) [env: BORE_MAX_PORT].")
  private int maxPort;

  @Mixin private BoreSecretOptions secret;

  @Option(
      names = "--bind-addr",
      paramLabel = "IP",
      defaultValue = PortRange.EVERY_HOST,
      description =
          "The address that clients reach; 0.0.0.0 is IPv4 only, :: both (default: 0.0.0.0).")
  private String bindAddress;

  @Option(
      names = "--bind-tunnels",
      paramLabel = "IP",
      description = "The address that visitors reach (default: that of --bind-addr).")
  private String bindTunnels;

  @Option(
      names = "--control-port",
      paramLabel = "PORT",
      defaultValue = "7835",
      description =
          "The port that clients reach, which bore's own expect to be 7835; 0 takes any free one "
              + "(default: 7835).")
  private int controlPort;

  @Option(
      names = "--max-visitors",
      paramLabel = "N",
      defaultValue = "16384",
      description = "How many visitors may be there at a time (default: 16384).")
  private int maxVisitors;

  @Option(
      names = "--max-sessions",
      paramLabel = "N",
      defaultValue = "1024",
      description = "How many clients may be there at a time (default: 1024).")
  private int maxSessions;

  @Mixin private BoreRunOptions run;

  BoreServerCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    RemoteSettings settings = settings();
    try (Log log = run.log(ROLE, terminal);
        RemoteProxy proxy = RemoteProxy.start(settings, log)) {
      terminal.out().println(ROLE + ": listening " + proxy.boreAddress());
      secret.advice().ifPresent(log::warn);
      if (settings.bore().orElseThrow().secrets().isEmpty()) {
        log.warn(
            "NO SECRET IS SET: whoever reaches the control port can have a port here;"
                + " set --secret or BORE_SECRET on both sides");
      }
      terminal.stop().await();
      log.info(
          event("draining")
              .with("visitors", proxy.visitors())
              .with("limit", Durations.of(run.drain())));
      proxy.drain(run.drain());
      log.info(event("stopping").withAll(proxy.counters().fields()));
      return ExitCode.OK.code();
    } catch (IOException e) {
      terminal.err().println(ROLE + ": " + e.getMessage());
      return ExitCode.FAILURE.code();
    }
  }

  private RemoteSettings settings() {
    HostPort control = at("--bind-addr", bindAddress, "--control-port", controlPort);
    return new RemoteSettings(
        Optional.empty(),
        List.of(),
        BounceCredentials.DEFAULT,
        List.of(),
        Optional.of(ports()),
        Optional.of(new BoreServerSettings(control, secret.secret().stream().toList())),
        List.of(),
        TransportSettings.DEFAULT,
        Optional.empty(),
        UNCLAIMED,
        List.of(),
        new ConnectionLimits(
            maxVisitors,
            maxSessions,
            ConnectionLimits.DEFAULT.halfOpen(),
            ConnectionLimits.DEFAULT.halfOpenPerAddress()),
        run.timing(HANDSHAKE),
        ResourceLimits.DEFAULT);
  }

  private PortRange ports() {
    String option = bindTunnels == null ? "--bind-addr" : "--bind-tunnels";
    String host = bindTunnels == null ? bindAddress : bindTunnels;
    HostPort least = at(option, host, "--min-port", minPort);
    HostPort most = at(option, host, "--max-port", maxPort);
    if (least.port() > most.port()) {
      throw misused("port range is empty");
    }
    // To bind port 0 is to ask for any; bore's range may begin there.
    return new PortRange(least.host(), Math.max(1, least.port()), Math.max(1, most.port()));
  }

  private HostPort at(String hostOption, String host, String portOption, int port) {
    if (port < 0 || port > MAX_PORT) {
      throw misused(portOption + ": " + port + " is not within 0 to " + MAX_PORT);
    }
    try {
      var address = new HostPort(host, port);
      if (address.literal().isPresent()) {
        return address;
      }
    } catch (IllegalArgumentException e) {
      // Nor is it an address then.
    }
    throw misused(hostOption + ": '" + host + "' is no IP address");
  }

  /** What bore finds wrong with the command line is no bad setting here either. */
  private ParameterException misused(String what) {
    return new ParameterException(spec.commandLine(), what);
  }
}
