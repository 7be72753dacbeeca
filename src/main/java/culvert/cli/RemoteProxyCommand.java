package culvert.cli;

import static culvert.observe.LogEvent.event;
import static java.util.stream.Collectors.joining;

import culvert.cli.option.BoreClientsOptions;
import culvert.cli.option.BounceCredentialOptions;
import culvert.cli.option.CommonOptions;
import culvert.cli.option.LimitOptions;
import culvert.cli.option.ProtocolOption;
import culvert.cli.option.TlsServerOptions;
import culvert.cli.process.ExitCode;
import culvert.cli.process.Terminal;
import culvert.config.ConnectionLimits;
import culvert.config.GroupAddress;
import culvert.config.PortRange;
import culvert.config.RemoteSettings;
import culvert.config.ServiceAddress;
import culvert.dialect.trp.TrpDialect;
import culvert.net.Cidr;
import culvert.net.Durations;
import culvert.net.HostPort;
import culvert.observe.Log;
import culvert.remote.RemoteProxy;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
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

/** Runs the remote-proxy role until it is told to stop. */
@Command(
    name = RemoteProxyCommand.NAME,
    sortOptions = false,
    customSynopsis =
        "remote-proxy --control-addr HOST:PORT --outside-addr [NAME=]HOST:PORT [OPTION]...",
    description =
        "Run on a host that everybody reaches: takes visitors at its outside "
            + "addresses and carries them to the origin proxies that join at its control "
            + "address.")
final class RemoteProxyCommand implements Callable<Integer> {

  static final String NAME = "remote-proxy";

  /** What {@link #firstLine} prints for a single service, for whoever starts this role. */
  static final Pattern FIRST_LINE =
      Pattern.compile(NAME + ": control (\\S+), outside default=(\\S+)");

  private final Terminal terminal;

  @Spec private CommandSpec spec;

  @Option(
      names = "--control-addr",
      paramLabel = "HOST:PORT",
      description =
          "Where origin proxies join. Port 0 takes any free one. Needed unless there is a "
              + "--control-via.")
  private HostPort control;

  @Option(
      names = "--control-via",
      paramLabel = "URL",
      split = ",",
      hideParamSyntax = true,
      description =
          "Meet an origin proxy in a group at a bounce server, so that this side need not be "
              + "reachable for it: bounce://HOST:PORT/GROUP, the group's number in hexadecimal "
              + "digits; or bounce+tls, bounce+ws, bounce+wss. Give it once for each origin proxy. "
              + "The bounce server needs --close-with-peer for the group.")
  private List<GroupAddress> meetings = List.of();

  @Option(
      names = "--outside-addr",
      paramLabel = "[NAME=]HOST:PORT",
      split = ",",
      hideParamSyntax = true,
      description =
          "Where visitors of a service come in; a service without a name is 'default'. "
              + "Give it once for each service. 0.0.0.0 is IPv4 only, [::] both. Needed unless "
              + "there is a --port-range.")
  private List<ServiceAddress> outside = List.of();

  @Option(
      names = "--port-range",
      paramLabel = "[IP:]A-B",
      hideParamSyntax = true,
      description =
          "Give origin proxies a port of these where they ask for one: an --outside-port, or any "
              + "client of bore's. Without an IP the ports are on every IPv4 address.")
  private PortRange ports;

  @Mixin private BoreClientsOptions bore;

  @Option(
      names = "--max-visitors",
      paramLabel = "N",
      defaultValue = "16384",
      description = "How many visitors may be there at a time (default: 16384).")
  private int maxVisitors;

  @Option(
      names = "--open-timeout",
      paramLabel = "TIME",
      defaultValue = "10s",
      description =
          "From a visitor's arrival to the origin server's accepted connection "
              + "(default: 10s).")
  private Duration openTimeout;

  @Option(
      names = "--accept-proxy-protocol",
      paramLabel = "CIDR",
      split = ",",
      hideParamSyntax = true,
      description =
          "Visitors from this network are load balancers: each connection begins with a "
              + "PROXY header, version 1 or 2, and the visitor is who it names. May be given "
              + "several times.")
  private List<Cidr> acceptProxyProtocol = List.of();

  @Option(
      names = "--max-sessions",
      paramLabel = "N",
      defaultValue = "1024",
      description = "How many origin proxies may be there at a time (default: 1024).")
  private int maxSessions;

  @Option(
      names = "--max-half-open",
      paramLabel = "N",
      defaultValue = "256",
      description =
          "Connections at the control address that serve nothing yet; beyond it the oldest of "
              + "them is dropped (default: 256).")
  private int maxHalfOpen;

  @Option(
      names = "--max-half-open-per-addr",
      paramLabel = "N",
      defaultValue = "64",
      description = "The same from one IPv4 address or one IPv6 network of 64 bits (default: 64).")
  private int maxHalfOpenPerAddr;

  @Mixin private ProtocolOption dialect;

  @Mixin private TlsServerOptions tls;

  @Mixin private BounceCredentialOptions meeting;

  @Mixin private LimitOptions bounds;

  @Mixin private CommonOptions common;

  RemoteProxyCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    RemoteSettings settings = settings();
    try (Log log = common.log(NAME, terminal);
        RemoteProxy proxy = start(settings, log)) {
      terminal.out().println(firstLine(settings, proxy));
      common.advice().forEach(log::warn);
      meeting.advice().forEach(log::warn);
      bore.advice(common.secrets()).forEach(log::warn);
      dialect.warn(
          log,
          settings.authenticates(),
          "NO SECRET IS SET: whoever reaches the control address, or a group of --control-via,"
              + " can join and receive visitors;"
              + " set --secret, --secret-file or CULVERT_SECRET on both sides");
      terminal.stop().await();
      Duration limit = settings.timing().drain();
      log.info(
          event("draining").with("visitors", proxy.visitors()).with("limit", Durations.of(limit)));
      proxy.drain(limit);
      log.info(event("stopping").withAll(proxy.counters().fields()));
      return ExitCode.OK.code();
    } catch (IOException e) {
      terminal.err().println(NAME + ": " + e.getMessage());
      return ExitCode.FAILURE.code();
    }
  }

  private RemoteProxy start(RemoteSettings settings, Log log) throws IOException {
    return dialect.isTrp()
        ? RemoteProxy.start(
            settings,
            deadlines -> new TrpDialect(settings.services().getFirst().service(), deadlines),
            log)
        : RemoteProxy.start(settings, log);
  }

  private RemoteSettings settings() {
    boolean secret = !common.secrets().isEmpty();
    dialect.check(secret, common.transport(null).kind(secret), outside);
    dialect.refuse("--control-via", !meetings.isEmpty());
    if (control == null && meetings.isEmpty() && !bore.areServed()) {
      throw new ParameterException(
          spec.commandLine(), "missing --control-addr HOST:PORT or --control-via URL");
    }
    dialect.refuse("origin proxy without --control-addr", control == null);
    if (outside.isEmpty() && ports == null) {
      throw new ParameterException(
          spec.commandLine(), "missing --outside-addr [NAME=]HOST:PORT or --port-range A-B");
    }
    return new RemoteSettings(
        Optional.ofNullable(control),
        meetings,
        meeting.access(meetings, terminal.environment()),
        outside,
        Optional.ofNullable(ports),
        bore.settings(common.secrets()),
        common.secrets(),
        common.transport(null),
        tls.settings(),
        openTimeout,
        acceptProxyProtocol,
        new ConnectionLimits(maxVisitors, maxSessions, maxHalfOpen, maxHalfOpenPerAddr),
        bounds.timing(),
        bounds.bounds());
  }

  /** For machines: the addresses that were bound. */
  private static String firstLine(RemoteSettings settings, RemoteProxy proxy) {
    var outside = new ArrayList<String>();
    proxy.outsideAddresses().forEach((service, address) -> outside.add(service + "=" + address));
    settings.ports().ifPresent(range -> outside.add(range.toString()));
    return NAME
        + ": "
        + settings.control().map(given -> "control " + proxy.controlAddress() + ", ").orElse("")
        + settings.bore().map(given -> "bore " + proxy.boreAddress() + ", ").orElse("")
        + settings.meetings().stream().map(group -> "meeting " + group + ", ").collect(joining())
        + "outside "
        + String.join(", ", outside);
  }
}
