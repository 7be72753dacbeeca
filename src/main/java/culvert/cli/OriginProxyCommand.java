package culvert.cli;

import culvert.config.OriginSettings;
import culvert.config.RemoteSettings;
import culvert.config.ServiceAddress;
import culvert.net.HostPort;
import culvert.net.ProxyHeader;
import culvert.observe.Log;
import culvert.origin.OriginProxy;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Runs the origin-proxy role until it is told to stop. */
@Command(
    name = OriginProxyCommand.NAME,
    sortOptions = false,
    customSynopsis =
        "origin-proxy --remote-proxy-addr HOST:PORT --origin-server-addr [NAME=]HOST:PORT"
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
      paramLabel = "HOST:PORT",
      required = true,
      description = "The remote proxy's control address.")
  private HostPort remoteProxy;

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
      names = "--fail-fast",
      description = "Exit with 69 when the remote proxy cannot be reached or is lost.")
  private boolean failFast;

  @Mixin private CommonOptions common;

  OriginProxyCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    OriginSettings settings = settings();
    try (Log log = common.log(NAME, terminal)) {
      var proxy =
          new OriginProxy(
              settings, line -> terminal.out().println(NAME + ": serving " + line), log);
      if (settings.secret().isEmpty()) {
        log.warn(
            "NO SECRET IS SET: whoever sits on the way can pose as the remote proxy;"
                + " set --secret, --secret-file or CULVERT_SECRET on both sides");
      }
      terminal.stop().then(proxy::close);
      ExitCode code = exitCode(runInVirtualThread(proxy));
      log.info("stopping", proxy.counters().fields());
      return code.code();
    }
  }

  private OriginSettings settings() {
    if (connectTimeout.isZero()) {
      throw new IllegalArgumentException("--connect-timeout is zero: nothing could be reached");
    }
    return new OriginSettings(
        remoteProxy,
        originServers,
        common.secret(),
        Optional.ofNullable(proxyProtocol),
        connectTimeout,
        RemoteSettings.HANDSHAKE_TIMEOUT,
        RemoteSettings.HALF_CLOSE_TIMEOUT,
        failFast);
  }

  /**
   * The leg is read in the thread that runs the role: from a platform thread each wake-up is dear.
   */
  private static OriginProxy.End runInVirtualThread(OriginProxy proxy) throws InterruptedException {
    var run = new FutureTask<>(proxy::run);
    Thread.ofVirtual().name(NAME).start(run);
    try {
      return run.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("the origin proxy met a bug", e.getCause());
    }
  }

  private static ExitCode exitCode(OriginProxy.End end) {
    return switch (end) {
      case CLOSED -> ExitCode.OK;
      case UNREACHABLE -> ExitCode.UNREACHABLE;
      case CREDENTIALS -> ExitCode.CREDENTIALS;
      case DECLINED -> ExitCode.SETTINGS;
    };
  }
}
