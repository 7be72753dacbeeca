package culvert.cli;

import static java.util.stream.Collectors.joining;

import culvert.cli.option.AddressForms;
import culvert.cli.option.AdmissionOptions;
import culvert.cli.option.BoreListenerOptions;
import culvert.cli.option.BounceCredentialOptions;
import culvert.cli.option.ConfigOption;
import culvert.cli.option.ControlProtocolsOption;
import culvert.cli.option.Examples;
import culvert.cli.option.FileClients;
import culvert.cli.option.HelpGroup;
import culvert.cli.option.InHelp;
import culvert.cli.option.LimitOptions;
import culvert.cli.option.LinkOptions;
import culvert.cli.option.LogOptions;
import culvert.cli.option.ProtocolRules;
import culvert.cli.option.ServiceRuleOptions;
import culvert.cli.option.StandardOptions;
import culvert.cli.option.TlsServerOptions;
import culvert.cli.option.UnauthenticatedOptions;
import culvert.cli.option.WrittenName;
import culvert.cli.process.Terminal;
import culvert.config.BoreServerSettings;
import culvert.config.ClientSettings;
import culvert.config.ConnectionLimits;
import culvert.config.GroupAddress;
import culvert.config.PortRange;
import culvert.config.RemoteSettings;
import culvert.config.ServiceAddress;
import culvert.net.Cidr;
import culvert.net.HostPort;
import culvert.observe.Counters;
import culvert.observe.Log;
import culvert.remote.RemoteProxy;
import culvert.setting.Setting;
import culvert.setting.SettingException;
import culvert.setting.SettingMessage;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Runs the remote proxy until a stop is requested. */
@Command(
    name = RemoteProxyCommand.NAME,
    sortOptions = false,
    customSynopsis =
        "remote-proxy --control-addr [HOST:]PORT --outside-addr [NAME=][HOST:]PORT [OPTION]...",
    description = {
      "Run the remote proxy, on a public host.",
      "",
      "It accepts visitors at its outside addresses and forwards them to the origin proxies that "
          + "log in at its control address."
    })
@Examples({
  "remote-proxy --control-addr 0.0.0.0:9000 --outside-addr 0.0.0.0:8000 --secret-file secret.txt",
  "remote-proxy --control-addr [::]:9000 --port-range 20000-20999 --secret-file secret.txt"
})
final class RemoteProxyCommand implements Callable<Integer>, RoleCommand {

  static final String NAME = "remote-proxy";

  private final Terminal terminal;

  @Spec private CommandSpec spec;

  @Option(
      names = "--control-addr",
      paramLabel = "[HOST:]PORT",
      converter = AddressForms.Listening.class,
      description =
          "Listen for origin proxies at this address. A port without a host is on every address;"
              + " port 0 is any free port. Required without --control-via.")
  @InHelp(value = HelpGroup.ADDRESSES, isBrief = true)
  private HostPort control;

  @Option(
      names = "--control-via",
      paramLabel = "URL",
      split = ",",
      hideParamSyntax = true,
      description =
          "Connect to an origin proxy through a bounce server, if it cannot reach this host. The"
              + " URL is bounce://HOST:PORT/GROUP, with the group's number in hexadecimal digits;"
              + " or bounce+tls, bounce+ws, bounce+wss. Repeat the option for each origin proxy."
              + " The bounce server needs --close-with-peer for the group.")
  @InHelp(HelpGroup.ADDRESSES)
  private List<GroupAddress> groups = List.of();

  @Option(
      names = "--outside-addr",
      paramLabel = "[NAME=][HOST:]PORT",
      split = ",",
      hideParamSyntax = true,
      converter = AddressForms.Outside.class,
      description =
          "Listen for visitors of a service at this address. A port without a host is on every"
              + " address, a service without a name is 'default'. An address that begins with udp:"
              + " is for a UDP service, and unix:PATH is a Unix socket, whose file is removed at"
              + " the end. Repeat the option for each service. 0.0.0.0 is every IPv4 address, [::]"
              + " every IPv4 and IPv6 address. Required without --port-range.")
  @InHelp(value = HelpGroup.ADDRESSES, isBrief = true)
  private List<ServiceAddress> outside = List.of();

  @Option(
      names = "--port-range",
      paramLabel = "[IP:]A-B",
      hideParamSyntax = true,
      description =
          "Open ports of this range for origin proxies that ask for one with --outside-port, and"
              + " for bore clients. Without an IP the ports are on every IPv4 address.")
  @InHelp(value = HelpGroup.ADDRESSES, isBrief = true)
  private PortRange ports;

  @Mixin private LinkOptions link;

  @Mixin private ControlProtocolsOption protocols;

  @Mixin private TlsServerOptions tls;

  @Mixin private BoreListenerOptions bore;

  @Mixin private AdmissionOptions admission;

  @Option(
      names = "--open-timeout",
      paramLabel = "TIME",
      defaultValue = "10s",
      description = "Timeout from accepting a visitor to the connection with the origin server.")
  @InHelp(HelpGroup.LIMITS)
  private Duration openTimeout;

  @Option(
      names = "--flow-timeout",
      paramLabel = "TIME",
      defaultValue = "60s",
      description =
          "Inactivity after which the datagrams of a UDP visitor's address no longer belong to one"
              + " flow.")
  @InHelp(HelpGroup.LIMITS)
  private Duration flowTimeout;

  @Option(
      names = "--accept-proxy-protocol",
      paramLabel = "CIDR",
      split = ",",
      hideParamSyntax = true,
      description =
          "Expect a PROXY header, version 1 or 2, on each connection from this network of load"
              + " balancers; it contains the visitor's address. Repeat the option for more"
              + " networks.")
  @InHelp(HelpGroup.ADDRESSES)
  private List<Cidr> acceptProxyProtocol = List.of();

  @Mixin private ServiceRuleOptions serviceRules;

  @Mixin private UnauthenticatedOptions unauthenticated;

  @Mixin private BounceCredentialOptions bounce;

  @Mixin private LimitOptions limits;

  @Mixin private ConfigOption config;

  @Mixin private LogOptions logs;

  @Mixin private StandardOptions standard;

  /** Null until requested: files are read once, because they may be pipes. */
  private List<ClientSettings> clients;

  RemoteProxyCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void check() {
    settings();
  }

  @Override
  public Integer call() throws InterruptedException {
    RemoteSettings settings = settings();
    try (Log log = logs.log(NAME, terminal)) {
      return ServerRun.of(() -> serve(settings, log), log);
    }
  }

  /** Serves until a signal; returns the counters, which include relays reset at the end. */
  private Counters serve(RemoteSettings settings, Log log)
      throws IOException, InterruptedException {
    try (RemoteProxy proxy = RemoteEndpoints.start(settings, log)) {
      terminal.out().println(firstLine(settings, proxy));
      advice().forEach(log::warn);
      try (var reload =
          new RoleReload<>(
              this, spec, terminal, log, changed -> apply(changed, proxy), proxy::tryNow)) {
        terminal.hangUps().accept(reload);
        terminal.stop().await();
      }
      Duration limit = proxy.settings().timeouts().drain();
      log.info(Draining.of(terminal.stop(), proxy.visitors(), proxy.flows(), limit));
      proxy.drain(limit);
      return proxy.counters();
    }
  }

  private void apply(RemoteProxyCommand changed, RemoteProxy proxy) {
    protocols.rules().checkKept(changed.protocols.rules());
    proxy.reload(changed.reread());
  }

  @Override
  public List<SettingMessage> advice() {
    var lines = new ArrayList<>(link.advice());
    lines.addAll(FileClients.in(spec).advice(settings()));
    lines.addAll(bounce.advice());
    lines.addAll(bore.advice(protocols.isBore(), link.secrets()));
    protocols
        .rules()
        .advice(
            settings().isPeerAuthenticated(),
            "NO SECRET IS SET: anyone who can reach the control address, or a group of "
                + WrittenName.of(spec, Setting.CONTROL_VIA)
                + ", can register and receive visitors; set "
                + ConfigOption.waysToSet(spec, Setting.SECRET, Setting.SECRET_FILE)
                + " on both sides")
        .ifPresent(lines::add);
    return lines;
  }

  @Override
  public List<ServiceAddress> services() {
    return outside;
  }

  private RemoteSettings reread() {
    link.forgetSecrets();
    clients = null;
    return settings();
  }

  @Override
  public List<ClientSettings> clients() {
    if (clients == null) {
      clients = FileClients.in(spec).all();
    }
    return clients;
  }

  /**
   * Returns the settings from all options.
   *
   * @throws IllegalArgumentException naming the option that is invalid
   */
  RemoteSettings settings() {
    boolean hasClients = FileClients.in(spec).isPresent();
    boolean hasSecret = !link.secrets().isEmpty() || hasClients;
    ProtocolRules rules = protocols.rules();
    rules.check(hasSecret, link.transport(Optional.empty()).kind(hasSecret), outside);
    rules.reject(Setting.CONTROL_VIA, !groups.isEmpty());
    if (control == null && groups.isEmpty() && !bore.hasAddress()) {
      throw missing(
          "missing --control-addr [HOST:]PORT or --control-via URL",
          Setting.CONTROL_ADDR,
          Setting.CONTROL_VIA);
    }
    rules.reject(
        SettingMessage.of("a remote proxy without %s", Setting.CONTROL_ADDR), control == null);
    if (outside.isEmpty() && ports == null) {
      throw missing(
          "missing --outside-addr [NAME=][HOST:]PORT or --port-range A-B",
          Setting.OUTSIDE_ADDR,
          Setting.PORT_RANGE);
    }
    return new RemoteSettings(
        Optional.ofNullable(control),
        groups,
        bounce.access(groups, terminal.environment()),
        outside,
        Optional.ofNullable(ports),
        protocols.protocols(),
        bore.settings(protocols.isBore(), link.secrets()),
        link.secrets(),
        hasClients ? Optional.of(clients()) : Optional.empty(),
        link.transport(Optional.empty()),
        tls.settings(),
        openTimeout,
        flowTimeout,
        acceptProxyProtocol,
        serviceRules.rules(),
        new ConnectionLimits(
            admission.visitors(),
            admission.visitorsPerAddress(),
            admission.sessions(),
            unauthenticated.total(),
            unauthenticated.perAddress()),
        limits.timing(),
        limits.resources());
  }

  /** Returns an error of the command line or, with a settings file, of that. */
  private RuntimeException missing(String usage, Setting one, Setting other) {
    return ConfigOption.isUsed(spec)
        ? new SettingException("missing %s or %s", one, other)
        : new ParameterException(spec.commandLine(), usage);
  }

  /** Returns the line for programs: the addresses that were bound. */
  private static String firstLine(RemoteSettings settings, RemoteProxy proxy) {
    var outside = new ArrayList<String>();
    proxy.outsideServices().forEach(service -> outside.add(service.toString()));
    settings.ports().ifPresent(range -> outside.add(range.toString()));
    return NAME
        + ": "
        + settings.control().map(given -> "control " + proxy.controlAddress() + ", ").orElse("")
        + settings
            .bore()
            .flatMap(BoreServerSettings::address)
            .map(given -> "bore " + proxy.boreAddress() + ", ")
            .orElse("")
        + settings.groups().stream().map(group -> "meeting " + group + ", ").collect(joining())
        + "outside "
        + String.join(", ", outside);
  }
}
