package culvert.cli;

import culvert.cli.option.AdmissionOptions;
import culvert.cli.option.BoreRunOptions;
import culvert.cli.option.Examples;
import culvert.cli.option.HelpGroup;
import culvert.cli.option.InHelp;
import culvert.cli.option.SecretOptions;
import culvert.cli.process.Terminal;
import culvert.config.BoreServerSettings;
import culvert.config.BounceCredentials;
import culvert.config.ConnectionLimits;
import culvert.config.ControlProtocol;
import culvert.config.PortRange;
import culvert.config.RemoteSettings;
import culvert.config.ResourceLimits;
import culvert.config.ServiceRules;
import culvert.config.TransportSettings;
import culvert.net.HostPort;
import culvert.observe.Counters;
import culvert.observe.Log;
import culvert.remote.RemoteProxy;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** Serves clients of bore only, until a stop is requested. */
@Command(
    name = BoreServerCommand.NAME,
    sortOptions = false,
    customSynopsis = "culvert bore server [OPTION]...",
    description = {
      "Run a bore server on a public host.",
      "",
      "It accepts visitors for each client at the port that the client asks for. The port is free "
          + "again within seconds after the client is gone. RUST_LOG sets the log level as well."
    })
@Examples({
  "culvert bore server --secret-file secret.txt",
  "culvert bore server --min-port 20000 --max-port 20999 --bind-tunnels 203.0.113.5"
})
final class BoreServerCommand implements Callable<Integer> {

  static final String NAME = "server";

  private static final String ROLE = "bore server";

  /** Three seconds for each of two messages, and one more. */
  private static final Duration HANDSHAKE = Duration.ofSeconds(7);

  /** As bore, which drops a visitor that its client does not accept for this long. */
  private static final Duration UNCLAIMED = Duration.ofSeconds(10);

  private static final int MAX_PORT = 65535;

  private final Terminal terminal;

  @Spec private CommandSpec spec;

  @Option(
      names = "--min-port",
      paramLabel = "PORT",
      defaultValue = "1024",
      description = "Lowest port that clients may ask for.")
  @InHelp(value = HelpGroup.ADDRESSES, isBrief = true)
  private int minPort;

  @Option(
      names = "--max-port",
      paramLabel = "PORT",
      defaultValue = "65535",
      description = "Highest port that clients may ask for.")
  @InHelp(value = HelpGroup.ADDRESSES, isBrief = true)
  private int maxPort;

  @Mixin private SecretOptions secret;

  @Option(
      names = "--bind-addr",
      paramLabel = "IP",
      defaultValue = PortRange.EVERY_HOST,
      description =
          "Listen for clients at this address. 0.0.0.0 is every IPv4 address, :: every IPv4 and"
              + " IPv6 address.")
  @InHelp(value = HelpGroup.ADDRESSES, isBrief = true)
  private String bindAddress;

  @Option(
      names = "--bind-tunnels",
      paramLabel = "IP",
      description = "Listen for visitors at this address. [default: that of --bind-addr]")
  @InHelp(value = HelpGroup.ADDRESSES, isBrief = true)
  private String bindTunnels;

  @Option(
      names = "--control-port",
      paramLabel = "PORT",
      defaultValue = "7835",
      description =
          "Listen for clients at this port; 0 for any free port. bore's own clients always use "
              + "7835.")
  @InHelp(value = HelpGroup.ADDRESSES, isBrief = true)
  private int controlPort;

  @Mixin private AdmissionOptions admission;

  @Mixin private BoreRunOptions run;

  BoreServerCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    RemoteSettings settings = settings();
    try (Log log = run.log(ROLE, terminal)) {
      return ServerRun.of(() -> serve(settings, log), log);
    }
  }

  /** Serves until a signal; returns the counters, which include relays reset at the end. */
  private Counters serve(RemoteSettings settings, Log log)
      throws IOException, InterruptedException {
    try (RemoteProxy proxy = RemoteEndpoints.start(settings, log)) {
      terminal.out().println(ROLE + ": listening " + proxy.boreAddress());
      secret.advice().forEach(log::warn);
      if (settings.bore().orElseThrow().secrets().isEmpty()) {
        log.warn(
            "NO SECRET IS SET: any client that can reach the control port can open ports here;"
                + " set --secret or BORE_SECRET on both sides");
      }
      terminal.hangUps().accept(new FileReload(() -> proxy.reload(settings()), log));
      terminal.stop().await();
      log.info(Draining.of(terminal.stop(), "visitors", proxy.visitors(), run.drain()));
      proxy.drain(run.drain());
      return proxy.counters();
    }
  }

  private RemoteSettings settings() {
    HostPort control = address("--bind-addr", bindAddress, "--control-port", controlPort);
    return new RemoteSettings(
        Optional.empty(),
        List.of(),
        BounceCredentials.DEFAULT,
        List.of(),
        Optional.of(ports()),
        List.of(ControlProtocol.NATIVE),
        Optional.of(new BoreServerSettings(control, secret.boreSecrets())),
        List.of(),
        Optional.empty(),
        TransportSettings.DEFAULT,
        Optional.empty(),
        UNCLAIMED,
        RemoteSettings.DEFAULT_FLOW_TIMEOUT,
        List.of(),
        ServiceRules.NONE,
        new ConnectionLimits(
            admission.visitors(),
            admission.visitorsPerAddress(),
            admission.sessions(),
            ConnectionLimits.DEFAULT.unauthenticated(),
            ConnectionLimits.DEFAULT.unauthenticatedPerAddress()),
        run.timing(HANDSHAKE),
        ResourceLimits.DEFAULT);
  }

  private PortRange ports() {
    String option = bindTunnels == null ? "--bind-addr" : "--bind-tunnels";
    String host = bindTunnels == null ? bindAddress : bindTunnels;
    HostPort min = address(option, host, "--min-port", minPort);
    HostPort max = address(option, host, "--max-port", maxPort);
    if (min.port() > max.port()) {
      throw new ParameterException(spec.commandLine(), "port range is empty");
    }
    // bore's range may begin with 0, which as a port to bind means any free one.
    return new PortRange(min.host(), Math.max(1, min.port()), Math.max(1, max.port()));
  }

  private HostPort address(String hostOption, String host, String portOption, int port) {
    if (port < 0 || port > MAX_PORT) {
      throw invalid(portOption, Integer.toString(port), "a port from 0 to " + MAX_PORT);
    }
    try {
      var address = new HostPort(host, port);
      if (address.literal().isPresent()) {
        return address;
      }
    } catch (IllegalArgumentException e) {
      // It is no IP address either.
    }
    throw invalid(hostOption, host, "an IP address");
  }

  /** Has exit code 2, as bore has for such values. */
  private ParameterException invalid(String option, String value, String expected) {
    return new ParameterException(
        spec.commandLine(),
        expected,
        new TypeConversionException("expected " + expected),
        spec.findOption(option),
        value);
  }
}
