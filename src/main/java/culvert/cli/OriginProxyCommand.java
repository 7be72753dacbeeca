package culvert.cli;

import culvert.cli.option.BounceCredentialOptions;
import culvert.cli.option.CommonOptions;
import culvert.cli.option.LimitOptions;
import culvert.cli.option.ProtocolOption;
import culvert.cli.option.TlsIdentityOptions;
import culvert.cli.option.TlsTrustOptions;
import culvert.cli.process.ExitCode;
import culvert.cli.process.Terminal;
import culvert.config.GroupAddress;
import culvert.config.OriginSettings;
import culvert.config.RemoteAddress;
import culvert.config.ServiceAddress;
import culvert.config.TransportSettings;
import culvert.dialect.trp.TrpOriginDialect;
import culvert.net.HostPort;
import culvert.net.ProxyHeader;
import culvert.observe.Log;
import culvert.origin.OriginProxy;
import culvert.route.ProxySelection;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Runs the origin-proxy role until it is told to stop. */
@Command(
    name = OriginProxyCommand.NAME,
    sortOptions = false,
    customSynopsis =
        "origin-proxy --remote-proxy-addr ADDRESS --origin-server-addr [NAME=]HOST:PORT"
            + " [OPTION]...",
    description =
        "Run beside the hidden server: joins the remote proxy and carries its "
            + "visitors to the origin server. It keeps trying until the remote proxy is "
            + "there, and comes back when it was lost.")
final class OriginProxyCommand implements Callable<Integer> {

  static final String NAME = "origin-proxy";

  private final Terminal terminal;

  @Option(
      names = "--remote-proxy-addr",
      paramLabel = "ADDRESS",
      required = true,
      description =
          "The remote proxy's control address, as HOST:PORT; or a group at a bounce server that "
              + "the remote proxy joins with --control-via, as bounce://HOST:PORT/GROUP.")
  private RemoteAddress remoteProxy;

  @Option(
      names = "--origin-server-addr",
      paramLabel = "[NAME=]HOST:PORT",
      required = true,
      split = ",",
      hideParamSyntax = true,
      description =
          "The hidden server of a service; a service without a name is 'default'. Give "
              + "it once for each service.")
  private List<ServiceAddress> originServers;

  @Option(
      names = "--outside-port",
      paramLabel = "PORT",
      description =
          "Ask the remote proxy for this port of its --port-range instead of a listener that it "
              + "has; 0 for any. The first lines on standard output say where visitors come in.")
  private Integer outsidePort;

  @Option(
      names = "--proxy-protocol",
      paramLabel = "VERSION",
      description =
          "v1 or v2: begin each connection to the origin server with a PROXY header "
              + "that names the visitor. The origin server must expect it.")
  private ProxyHeader.Version proxyProtocol;

  @Option(
      names = "--connect-timeout",
      paramLabel = "TIME",
      defaultValue = "10s",
      description = "For a connection to the remote proxy or an origin server (default: 10s).")
  private Duration connectTimeout;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description =
          "Who this origin proxy is: a login under the same name replaces the older one, and "
              + "different names share a service's visitors (default: the host's name and a hash "
              + "of the services).")
  private String name;

  @Option(
      names = "--retry-max",
      paramLabel = "TIME",
      defaultValue = "30s",
      description =
          "The longest pause between attempts to join; pauses are less than a second in an "
              + "outage's first minute, and HUP ends one (default: 30s).")
  private Duration retryMax;

  @Option(
      names = "--fail-fast",
      description = "Exit with 69 when the remote proxy cannot be reached or is lost.")
  private boolean failFast;

  @Option(
      names = "--via",
      paramLabel = "URL",
      description =
          "The proxy that leads outside: http://[USER:PASSWORD@]HOST:PORT or socks5://…; others "
              + "can see it in the process list, CULVERT_VIA keeps it from them; direct for none "
              + "(default: what HTTPS_PROXY or ALL_PROXY say, unless NO_PROXY names the remote "
              + "proxy).")
  private String via;

  @Option(
      names = "--ws-host",
      paramLabel = "HOST",
      description =
          "What the WebSocket's Host header says (default: the host of --remote-proxy-addr).")
  private String host;

  @Mixin private ProtocolOption dialect;

  @Mixin private TlsTrustOptions tls;

  @Mixin private TlsIdentityOptions own;

  @Mixin private BounceCredentialOptions meeting;

  @Mixin private LimitOptions bounds;

  @Mixin private CommonOptions common;

  OriginProxyCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    OriginSettings settings = settings();
    try (Log log = common.log(NAME, terminal);
        var announcements = new Announcements(this::serving)) {
      OriginProxy proxy = proxy(settings, announcements, log);
      common.advice().forEach(log::warn);
      meeting.advice().forEach(log::warn);
      dialect.warn(
          log,
          settings.authenticates(),
          "NO SECRET IS SET: whoever sits on the way can pose as the remote proxy;"
              + " set --secret, --secret-file or CULVERT_SECRET on both sides");
      return exitCode(OriginRun.of(proxy, settings.timing().drain(), NAME, terminal, log)).code();
    }
  }

  private OriginProxy proxy(OriginSettings settings, Announcements announcements, Log log) {
    if (!dialect.isTrp()) {
      return new OriginProxy(settings, announcements, log);
    }
    if (settings.via().isPresent() || settings.remoteProxy() instanceof GroupAddress) {
      throw new IllegalArgumentException(
          "--dialect trp dials the remote proxy itself: no group, and --via direct");
    }
    return new OriginProxy(
        settings,
        (dialer, deadlines, counters) ->
            new TrpOriginDialect(settings, dialer, deadlines, counters, log),
        announcements,
        log);
  }

  private void serving(String service, HostPort address) {
    terminal.out().println(NAME + ": serving " + service + "=" + address);
  }

  private OriginSettings settings() {
    TransportSettings transport = common.transport(host);
    boolean secret = common.secret().isPresent();
    dialect.check(secret, transport.kind(secret), originServers);
    dialect.refuse("--outside-port", outsidePort != null);
    // Data connections come in any order: a header would name another visitor.
    dialect.refuse("--proxy-protocol", proxyProtocol != null);
    return new OriginSettings(
        remoteProxy,
        meeting.access(
            remoteProxy instanceof GroupAddress group ? List.of(group) : List.of(),
            terminal.environment()),
        originServers,
        port(),
        name == null ? DefaultName.of(originServers) : name,
        common.secret(),
        transport,
        tls.settings(transport.kind(false).isTls(), own.identity(), terminal.environment()),
        ProxySelection.of(Optional.ofNullable(via), terminal.environment(), remoteProxy.dialled()),
        Optional.ofNullable(proxyProtocol),
        connectTimeout,
        retryMax,
        failFast,
        bounds.timing(),
        bounds.bounds());
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
