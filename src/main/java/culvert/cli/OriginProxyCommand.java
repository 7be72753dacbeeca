package culvert.cli;

import culvert.cli.option.AddressForms;
import culvert.cli.option.BounceCredentialOptions;
import culvert.cli.option.ConfigOption;
import culvert.cli.option.ConnectTimeoutOption;
import culvert.cli.option.Examples;
import culvert.cli.option.HealthOptions;
import culvert.cli.option.HelpGroup;
import culvert.cli.option.InHelp;
import culvert.cli.option.LimitOptions;
import culvert.cli.option.LinkOptions;
import culvert.cli.option.LogOptions;
import culvert.cli.option.ProtocolOption;
import culvert.cli.option.ProtocolRules;
import culvert.cli.option.RetryOption;
import culvert.cli.option.SettingId;
import culvert.cli.option.StandardOptions;
import culvert.cli.option.TlsIdentityOptions;
import culvert.cli.option.TlsTrustOptions;
import culvert.cli.option.ViaOption;
import culvert.cli.option.WebSocketHostOption;
import culvert.cli.process.ExitCode;
import culvert.cli.process.Terminal;
import culvert.config.GroupAddress;
import culvert.config.OriginSettings;
import culvert.config.RemoteAddress;
import culvert.config.RemoteRoute;
import culvert.config.ServiceAddress;
import culvert.config.TransportSettings;
import culvert.dialect.trp.TrpOriginDialect;
import culvert.net.HostPort;
import culvert.net.ProxyHeader;
import culvert.observe.Log;
import culvert.origin.Dialects;
import culvert.origin.OriginProxy;
import culvert.route.ProxySelection;
import culvert.setting.Setting;
import culvert.setting.SettingException;
import culvert.setting.SettingMessage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs the origin proxy until a stop is requested. */
@Command(
    name = OriginProxyCommand.NAME,
    sortOptions = false,
    customSynopsis =
        "origin-proxy --remote-proxy-addr ADDRESS --origin-server-addr [NAME=][HOST:]PORT"
            + " [OPTION]...",
    description = {
      "Run the origin proxy, next to the origin server.",
      "",
      "It logs in to the remote proxy and forwards visitors to the origin server. It retries until "
          + "the remote proxy is reachable, and reconnects after an outage."
    })
@Examples({
  "origin-proxy --remote-proxy-addr example.com:9000 --origin-server-addr localhost:80",
  "origin-proxy --remote-proxy-addr example.com:9000 --origin-server-addr"
      + " web=localhost:80,ssh=localhost:22"
})
final class OriginProxyCommand implements Callable<Integer>, RoleCommand {

  static final String NAME = "origin-proxy";

  private final Terminal terminal;

  /** Set before it runs. */
  private OriginProxy proxy;

  @Spec private CommandSpec spec;

  @Option(
      names = "--remote-proxy-addr",
      paramLabel = "ADDRESS",
      required = true,
      split = ",",
      hideParamSyntax = true,
      description =
          "Address of a remote proxy. HOST:PORT is its control address; bounce://HOST:PORT/GROUP"
              + " is a group at a bounce server that the remote proxy joins with --control-via."
              + " Repeat the option for several remote proxies at the same time; all:HOST:PORT is"
              + " one at each address of the name.")
  @InHelp(value = HelpGroup.ADDRESSES, isBrief = true)
  private List<RemoteAddress> remoteProxies;

  @Option(
      names = "--origin-server-addr",
      paramLabel = "[NAME=][HOST:]PORT",
      required = true,
      split = ",",
      hideParamSyntax = true,
      converter = AddressForms.OriginServer.class,
      description =
          "Forward visitors of a service to this origin server. A port without a host is on"
              + " localhost, a service without a name is 'default'. An address that begins with"
              + " udp: is a UDP server, one that begins with unix: is the path of a Unix socket."
              + " Repeat the option for each service.")
  @InHelp(value = HelpGroup.ADDRESSES, isBrief = true)
  private List<ServiceAddress> originServers;

  @Option(
      names = "--outside-port",
      paramLabel = "PORT",
      description =
          "Ask the remote proxy to open this port. It is one of its --port-range; 0 is any free"
              + " one. Standard output has the address for visitors.")
  @InHelp(value = HelpGroup.ADDRESSES, isBrief = true)
  private Integer outsidePort;

  @Option(
      names = "--proxy-protocol",
      paramLabel = "VERSION",
      description =
          "Send a PROXY header, v1 or v2. It is at the beginning of each connection to the origin"
              + " server, and of v2 in front of the first datagram of each flow. It contains the"
              + " visitor's address; the origin server must expect it.")
  @InHelp(HelpGroup.OPERATION)
  private ProxyHeader.Version proxyProtocol;

  @Mixin private HealthOptions health;

  @Mixin
  private final ConnectTimeoutOption connectTimeout =
      new ConnectTimeoutOption(Duration.ofSeconds(10));

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description =
          "Name of this origin proxy. A login under the same name replaces the older one. [default:"
              + " the host's name and a hash of the services and the port]")
  @SettingId(Setting.ORIGIN_NAME)
  @InHelp(value = HelpGroup.OPERATION, isBrief = true)
  private String name;

  @Option(
      names = "--client-name",
      paramLabel = "NAME",
      description =
          "Log in as this client of the remote proxy, with the secret of that client. The name is"
              + " sent without encryption unless the transport is tls or wss. The remote proxy has"
              + " its clients in its settings file.")
  @InHelp(HelpGroup.SECURITY)
  private String clientName;

  @Option(
      names = "--share",
      fallbackValue = "true",
      description =
          "Share the visitors of a service with other origin proxies that give --share for it."
              + " Without it, a service is served by one origin proxy at a time.")
  @InHelp(HelpGroup.OPERATION)
  private boolean isShared;

  @Mixin private RetryOption retry;

  @Option(
      names = "--fail-fast",
      fallbackValue = "true",
      description =
          "Exit with 69 if the remote proxy is unreachable or lost, and with 78 if another origin"
              + " proxy has the service. With several remote proxies, exit when all have failed.")
  @InHelp(value = HelpGroup.OPERATION, isBrief = true)
  private boolean failFast;

  @Mixin private LinkOptions link;

  @Mixin private WebSocketHostOption host;

  @Mixin private ViaOption via;

  @Mixin private ProtocolOption protocol;

  @Mixin private TlsTrustOptions tls;

  @Mixin private TlsIdentityOptions own;

  @Mixin private BounceCredentialOptions bounce;

  @Mixin private LimitOptions limits;

  @Mixin private ConfigOption config;

  @Mixin private LogOptions logs;

  @Mixin private StandardOptions standard;

  OriginProxyCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void check() {
    settings();
  }

  @Override
  public Integer call() throws InterruptedException {
    OriginSettings settings = settings();
    try (Log log = logs.log(NAME, terminal);
        var announcements = new Announcements(this::printServing)) {
      proxy = proxy(settings, announcements, log);
      advice().forEach(log::warn);
      try (var reload = new RoleReload<>(this, spec, terminal, log, this::apply, proxy::tryNow)) {
        Supplier<Duration> drain = () -> drainLimit(reload);
        return exitCode(OriginRun.of(proxy, drain, NAME, reload, terminal, log)).code();
      }
    }
  }

  /** Ends reloads at the request to stop: nothing changes during a drain. */
  private Duration drainLimit(RoleReload<OriginProxyCommand> reload) {
    reload.close();
    return proxy.settings().timeouts().drain();
  }

  private void apply(OriginProxyCommand changed) {
    protocol.rules().checkKept(changed.protocol.rules());
    proxy.reload(changed.reread());
  }

  @Override
  public List<SettingMessage> advice() {
    var lines = new ArrayList<>(link.advice());
    lines.addAll(bounce.advice());
    protocol
        .rules()
        .advice(
            settings().isPeerAuthenticated(),
            "NO SECRET IS SET: anyone on the network path can impersonate the remote proxy; set "
                + ConfigOption.waysToSet(spec, Setting.SECRET, Setting.SECRET_FILE)
                + " on both sides")
        .ifPresent(lines::add);
    if (health.checks().isAny() && !isShared) {
      lines.add(
          SettingMessage.of(
              "%s has no effect on visitors without %s: no other origin proxy has the services",
              Setting.HEALTH_CHECK, Setting.SHARE));
    }
    return lines;
  }

  private OriginSettings reread() {
    link.forgetSecrets();
    return settings();
  }

  @Override
  public List<ServiceAddress> services() {
    return originServers;
  }

  @Override
  public List<RemoteAddress> remotes() {
    return remoteProxies;
  }

  private OriginProxy proxy(OriginSettings settings, Announcements announcements, Log log) {
    if (!protocol.isTrp()) {
      return OriginProxies.of(settings, announcements, log);
    }
    return new OriginProxy(
        settings,
        (dialer, role) -> Dialects.sharing(new TrpOriginDialect(settings, dialer, role, log)),
        announcements,
        log);
  }

  private void checkTrp(List<RemoteRoute> remotes) {
    if (protocol.isTrp() && remotes.stream().anyMatch(OriginProxyCommand::isIndirect)) {
      throw new SettingException(
          "%s trp supports neither a group nor an outbound proxy: set %s %s",
          Setting.PROTOCOL, Setting.VIA, ProxySelection.DIRECT);
    }
  }

  private static boolean isIndirect(RemoteRoute remote) {
    return remote.via().isPresent() || remote.address() instanceof GroupAddress;
  }

  private void printServing(String service, HostPort address, RemoteAddress remote) {
    OriginSettings now = proxy.settings();
    var served = new ServiceAddress(service, now.type(service), address);
    String at = now.hasSeveralRemotes() ? " remote_proxy=" + remote : "";
    terminal.out().println(NAME + ": serving " + served + at);
  }

  /**
   * Returns the settings from all options.
   *
   * @throws IllegalArgumentException naming the option that is invalid
   */
  OriginSettings settings() {
    TransportSettings transport = link.transport(host.host());
    boolean hasSecret = link.secret().isPresent();
    ProtocolRules rules = protocol.rules();
    rules.check(hasSecret, transport.kind(hasSecret), originServers);
    rules.reject(Setting.OUTSIDE_PORT, outsidePort != null);
    rules.reject(Setting.SHARE, isShared);
    rules.reject(Setting.CLIENT_NAME, clientName != null);
    rules.reject(Setting.HEALTH_CHECK, health.checks().isAny());
    // Data connections arrive in any order: a header could contain another visitor's address.
    rules.reject(Setting.PROXY_PROTOCOL, proxyProtocol != null);
    List<RemoteRoute> remotes = remoteProxies.stream().map(this::route).toList();
    checkTrp(remotes);
    return new OriginSettings(
        remotes,
        bounce.access(groups(), terminal.environment()),
        originServers,
        port(),
        isShared,
        fixedName(),
        link.secret(),
        Optional.ofNullable(clientName),
        transport,
        tls.settings(transport.kind(false).isTls(), own.identity(), terminal.environment()),
        Optional.ofNullable(proxyProtocol),
        health.checks(),
        connectTimeout.timeout(),
        retry.max(),
        failFast,
        limits.timing(),
        limits.resources());
  }

  private List<GroupAddress> groups() {
    return remoteProxies.stream()
        .filter(GroupAddress.class::isInstance)
        .map(GroupAddress.class::cast)
        .toList();
  }

  private RemoteRoute route(RemoteAddress address) {
    return new RemoteRoute(
        address, ProxySelection.of(via.url(), terminal.environment(), address.dialled()));
  }

  /** Returns the name. The default is determined once: a reload keeps it if the host's changes. */
  private String fixedName() {
    if (name == null) {
      name = DefaultName.of(originServers, port());
    }
    return name;
  }

  private OptionalInt port() {
    return outsidePort == null ? OptionalInt.empty() : OptionalInt.of(outsidePort);
  }

  private static ExitCode exitCode(OriginProxy.End end) {
    return switch (end) {
      case CLOSED -> ExitCode.OK;
      case UNREACHABLE, ENDED -> ExitCode.UNREACHABLE;
      case SUPERSEDED -> ExitCode.SUPERSEDED;
      case CREDENTIALS -> ExitCode.CREDENTIALS;
      case DECLINED -> ExitCode.SETTINGS;
    };
  }
}
