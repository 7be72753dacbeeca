package culvert.cli;

import culvert.cli.option.AddressForms;
import culvert.cli.option.BoreRunOptions;
import culvert.cli.option.ConnectTimeoutOption;
import culvert.cli.option.Examples;
import culvert.cli.option.HelpGroup;
import culvert.cli.option.InHelp;
import culvert.cli.option.RetryOption;
import culvert.cli.option.SecretOptions;
import culvert.cli.option.SettingId;
import culvert.cli.option.VisitorLimitOption;
import culvert.cli.process.ExitCode;
import culvert.cli.process.Terminal;
import culvert.config.BoreClientSettings;
import culvert.config.BounceCredentials;
import culvert.config.HealthChecks;
import culvert.config.OriginSettings;
import culvert.config.RemoteAddress;
import culvert.config.RemoteRoute;
import culvert.config.ResourceLimits;
import culvert.config.ServiceAddress;
import culvert.config.Timeouts;
import culvert.config.TransportSettings;
import culvert.dialect.bore.BoreOriginDialect;
import culvert.net.HostPort;
import culvert.observe.Log;
import culvert.origin.Dialects;
import culvert.origin.OriginProxy;
import culvert.setting.Setting;
import culvert.setting.SettingException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** Exposes a local port through a bore server, until a stop is requested. */
@Command(
    name = BoreLocalCommand.NAME,
    sortOptions = false,
    customSynopsis = "culvert bore local [OPTION]... --to HOST[:PORT] LOCAL_PORT",
    description = {
      "Expose a local port through a bore server.",
      "",
      "The first line on standard output has the address for visitors: listening at HOST:PORT. The"
          + " client retries until the server is reachable, reconnects after an outage and asks for"
          + " the same port again; with port 0 it accepts another one if the old port is in use for"
          + " a minute. The server drops visitors beyond --max-visitors after a while. RUST_LOG"
          + " sets the log level as well."
    })
@Examples({
  "culvert bore local 8000 --to bore.example.com",
  "culvert bore local 22 --local-host 192.168.1.2 --to bore.example.com --port 2222"
})
final class BoreLocalCommand implements Callable<Integer> {

  static final String NAME = "local";

  private static final String ROLE = "bore local";

  /** The service's name in the log. */
  private static final String SERVICE = "bore";

  /** The control port of every bore server. */
  private static final int CONTROL_PORT = 7835;

  private static final int MAX_PORT = 65535;

  private final Terminal terminal;

  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "LOCAL_PORT", description = "Local port to expose.")
  private int localPort;

  @Option(
      names = {"-l", "--local-host"},
      paramLabel = "HOST",
      defaultValue = "localhost",
      description = "Local host to expose.")
  @InHelp(value = HelpGroup.ADDRESSES, isBrief = true)
  private String localHost;

  @Option(
      names = {"-t", "--to"},
      paramLabel = "HOST[:PORT]",
      hideParamSyntax = true,
      required = true,
      description = "Server to connect to; its control port is 7835 unless given.")
  @SettingId(Setting.BORE_SERVER)
  @InHelp(value = HelpGroup.ADDRESSES, isBrief = true)
  private String to;

  @Option(
      names = {"-p", "--port"},
      paramLabel = "PORT",
      defaultValue = "0",
      description = "Port of the server for visitors; 0 for any free port.")
  @SettingId(Setting.BORE_PORT)
  @InHelp(value = HelpGroup.ADDRESSES, isBrief = true)
  private int port;

  @Mixin private SecretOptions secret;

  @Option(
      names = "--once",
      fallbackValue = "true",
      description =
          "Exit as bore does: with 0 when the server closes the connection, with 1 when it is "
              + "unreachable, lost or refuses.")
  @SettingId(Setting.BORE_ONCE)
  @InHelp(value = HelpGroup.OPERATION, isBrief = true)
  private boolean once;

  @Mixin
  private final ConnectTimeoutOption connectTimeout =
      new ConnectTimeoutOption(Duration.ofSeconds(5));

  @Mixin private RetryOption retry;

  @Mixin private VisitorLimitOption visitors;

  @Mixin private BoreRunOptions run;

  BoreLocalCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    check(spec.positionalParameters().getFirst(), localPort);
    check(spec.findOption("--port"), port);
    OriginSettings settings = settings();
    var access = new AtomicReference<>(access());
    try (Log log = run.log(ROLE, terminal);
        var announcements =
            new Announcements(
                (service, address, server) -> terminal.out().println("listening at " + address))) {
      secret.advice().forEach(log::warn);
      var proxy =
          new OriginProxy(
              settings,
              (dialer, role) ->
                  Dialects.sharing(new BoreOriginDialect(settings, access::get, dialer, role, log)),
              announcements,
              log);
      var reload = new FileReload(() -> access.set(access()), log);
      Runnable hangUp =
          () -> {
            reload.run();
            proxy.tryNow();
          };
      return exitCode(OriginRun.of(proxy, run::drain, ROLE, hangUp, terminal, log)).code();
    }
  }

  private BoreClientSettings access() {
    return new BoreClientSettings(port, secret.single(secret.boreSecrets(), "a bore client"));
  }

  /** Rejects what bore rejects with the same exit code, 2. */
  private void check(ArgSpec argument, int number) {
    if (number < 0 || number > MAX_PORT) {
      throw invalid(
          argument,
          Integer.toString(number),
          new TypeConversionException("expected a port from 0 to " + MAX_PORT));
    }
  }

  private ParameterException invalid(
      ArgSpec argument, String value, TypeConversionException reason) {
    return new ParameterException(spec.commandLine(), reason.getMessage(), reason, argument, value);
  }

  private OriginSettings settings() {
    return new OriginSettings(
        List.of(RemoteRoute.direct(new RemoteAddress.Direct(server()))),
        BounceCredentials.DEFAULT,
        List.of(new ServiceAddress(SERVICE, new HostPort(localHost, localPort))),
        OptionalInt.empty(),
        false,
        SERVICE,
        Optional.empty(),
        Optional.empty(),
        TransportSettings.DEFAULT,
        Optional.empty(),
        Optional.empty(),
        HealthChecks.NONE,
        connectTimeout.timeout(),
        retry.max(),
        once,
        run.timing(Timeouts.DEFAULT.handshake()),
        limits());
  }

  private ResourceLimits limits() {
    try {
      return new ResourceLimits(
          visitors.max(),
          ResourceLimits.DEFAULT.opens(),
          ResourceLimits.DEFAULT.streamBytes(),
          ResourceLimits.DEFAULT.bufferedBytes());
    } catch (SettingException e) {
      // A visitor is a stream of the only session.
      throw e.about(limit -> Setting.MAX_VISITORS);
    }
  }

  private HostPort server() {
    if (to.indexOf(',') >= 0) {
      throw invalid(
          spec.findOption("--to"), to, new TypeConversionException("expected one server only"));
    }
    try {
      return AddressForms.withDefaultPort(to, CONTROL_PORT);
    } catch (TypeConversionException e) {
      throw invalid(spec.findOption("--to"), to, e);
    }
  }

  /** With --once the exit code is that of bore, which has 0 and 1 only. */
  private ExitCode exitCode(OriginProxy.End end) {
    return switch (end) {
      case CLOSED, ENDED -> ExitCode.OK;
      case UNREACHABLE, SUPERSEDED -> ExitCode.FAILURE;
      case CREDENTIALS -> once ? ExitCode.FAILURE : ExitCode.CREDENTIALS;
      case DECLINED -> once ? ExitCode.FAILURE : ExitCode.SETTINGS;
    };
  }
}
