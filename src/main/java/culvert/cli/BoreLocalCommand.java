package culvert.cli;

import culvert.cli.option.BoreRunOptions;
import culvert.cli.option.BoreSecretOptions;
import culvert.cli.process.ExitCode;
import culvert.cli.process.Terminal;
import culvert.config.BoreClientSettings;
import culvert.config.BounceCredentials;
import culvert.config.OriginSettings;
import culvert.config.RemoteAddress;
import culvert.config.ResourceLimits;
import culvert.config.ServiceAddress;
import culvert.config.Timeouts;
import culvert.config.TransportSettings;
import culvert.dialect.bore.BoreOriginDialect;
import culvert.net.HostPort;
import culvert.observe.Log;
import culvert.origin.OriginProxy;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Exposes a local port at a server of bore's, until it is told to stop. */
@Command(
    name = BoreLocalCommand.NAME,
    sortOptions = false,
    customSynopsis = "culvert bore local [OPTION]... --to HOST[:PORT] LOCAL_PORT",
    description = {
      "Expose a local port at a bore server. The first line on standard output says where visitors "
          + "come in: listening at HOST:PORT.",
      "",
      "It keeps trying until the server is there, comes back when it was lost, and asks for the "
          + "same port again; where any port will do and another has the old one for a minute, it "
          + "takes a new one. RUST_LOG sets the log level as well."
    })
final class BoreLocalCommand implements Callable<Integer> {

  static final String NAME = "local";

  private static final String ROLE = "bore local";

  /** How the service is called in the log. */
  private static final String SERVICE = "bore";

  /** Where bore's server listens, always. */
  private static final int CONTROL_PORT = 7835;

  private static final int MAX_PORT = 65535;

  private final Terminal terminal;

  @Spec private CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "LOCAL_PORT",
      description = "The local port to expose [env: BORE_LOCAL_PORT].")
  private int localPort;

  @Option(
      names = {"-l", "--local-host"},
      paramLabel = "HOST",
      defaultValue = "localhost",
      description = "The local host to expose (default: localhost).")
  private String localHost;

  @Option(
      names = {"-t", "--to"},
      paramLabel = "HOST[:PORT]",
      hideParamSyntax = true,
      required = true,
      description =
          "The server to expose it at; its control port is 7835 unless it says otherwise "
              + "[env: BORE_SERVER].")
  private String to;

  @Option(
      names = {"-p", "--port"},
      paramLabel = "PORT",
      defaultValue = "0",
      description = "The port of the server where visitors come in; 0 for any (default: 0).")
  private int port;

  @Mixin private BoreSecretOptions secret;

  @Option(
      names = "--once",
      description =
          "Behave as bore does: exit with 0 when the server closes the connection, and with 1 when "
              + "it cannot be reached, is lost, or refuses.")
  private boolean once;

  @Option(
      names = "--connect-timeout",
      paramLabel = "TIME",
      defaultValue = "5s",
      description =
          "For the connection to the server, for each visitor's, and for one to the local port "
              + "(default: 5s).")
  private Duration connectTimeout;

  @Option(
      names = "--retry-max",
      paramLabel = "TIME",
      defaultValue = "30s",
      description =
          "The longest pause between attempts; pauses are less than a second in an outage's first "
              + "minute, and HUP ends one (default: 30s).")
  private Duration retryMax;

  @Option(
      names = "--max-visitors",
      paramLabel = "N",
      defaultValue = "4096",
      description =
          "Visitors at a time; the server drops those beyond after a while (default: 4096).")
  private int visitors;

  @Mixin private BoreRunOptions run;

  BoreLocalCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    check("LOCAL_PORT", localPort);
    check("--port", port);
    OriginSettings settings = settings();
    var access = new BoreClientSettings(port, secret.secret());
    try (Log log = run.log(ROLE, terminal);
        var announcements =
            new Announcements(
                (service, address) -> terminal.out().println("listening at " + address))) {
      secret.advice().ifPresent(log::warn);
      var proxy =
          new OriginProxy(
              settings,
              (dialer, deadlines, counters) ->
                  new BoreOriginDialect(settings, access, dialer, deadlines, counters, log),
              announcements,
              log);
      return exitCode(OriginRun.of(proxy, run.drain(), ROLE, terminal, log)).code();
    }
  }

  /** What bore finds wrong with the command line is no bad setting here either. */
  private void check(String name, int number) {
    if (number < 0 || number > MAX_PORT) {
      throw new ParameterException(
          spec.commandLine(), name + ": " + number + " is not within 0 to " + MAX_PORT);
    }
  }

  private OriginSettings settings() {
    return new OriginSettings(
        new RemoteAddress.Direct(server()),
        BounceCredentials.DEFAULT,
        List.of(new ServiceAddress(SERVICE, new HostPort(localHost, localPort))),
        OptionalInt.empty(),
        SERVICE,
        Optional.empty(),
        TransportSettings.DEFAULT,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        connectTimeout,
        retryMax,
        once,
        run.timing(Timeouts.DEFAULT.handshake()),
        new ResourceLimits(
            visitors,
            ResourceLimits.DEFAULT.opens(),
            ResourceLimits.DEFAULT.streamBytes(),
            ResourceLimits.DEFAULT.bufferedBytes()));
  }

  private HostPort server() {
    try {
      return HostPort.parse(to, CONTROL_PORT);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--to: " + e.getMessage());
    }
  }

  /** With --once as bore has it, which knows no more than good and bad. */
  private ExitCode exitCode(OriginProxy.End end) {
    return switch (end) {
      case CLOSED, ENDED -> ExitCode.OK;
      case UNREACHABLE, SUPERSEDED -> ExitCode.FAILURE;
      case CREDENTIALS -> once ? ExitCode.FAILURE : ExitCode.CREDENTIALS;
      case DECLINED -> once ? ExitCode.FAILURE : ExitCode.SETTINGS;
    };
  }
}
