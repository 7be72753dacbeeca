package culvert.cli;

import culvert.bounce.client.BounceClient;
import culvert.bounce.client.GroupForwarder;
import culvert.bounce.client.LocalForwarder;
import culvert.bounce.client.StandardStreams;
import culvert.cli.option.AddressForms;
import culvert.cli.option.BounceAuthOptions;
import culvert.cli.option.BounceProtocolOption;
import culvert.cli.option.BounceTransportOption;
import culvert.cli.option.ConnectTimeoutOption;
import culvert.cli.option.Examples;
import culvert.cli.option.HelpGroup;
import culvert.cli.option.InHelp;
import culvert.cli.option.LogOptions;
import culvert.cli.option.StandardOptions;
import culvert.cli.option.TlsIdentityOptions;
import culvert.cli.option.TlsTrustOptions;
import culvert.cli.option.ViaOption;
import culvert.cli.option.WebSocketHostOption;
import culvert.cli.option.WebSocketPathOption;
import culvert.cli.option.WrittenName;
import culvert.cli.process.CommandFailure;
import culvert.cli.process.ErrorLines;
import culvert.cli.process.ExitCode;
import culvert.cli.process.Stop;
import culvert.cli.process.Terminal;
import culvert.config.BounceClientSettings;
import culvert.config.BounceCredentials;
import culvert.config.GroupAddress;
import culvert.config.GroupNumber;
import culvert.config.Timeouts;
import culvert.config.WebSocketSettings;
import culvert.net.Connection;
import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.observe.Log;
import culvert.protocol.PeerRefusedException;
import culvert.route.ProxySelection;
import culvert.setting.Setting;
import culvert.setting.SettingWarnings;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Connects a channel group with the standard streams, a server or a local port. */
@Command(
    name = BounceConnectCommand.NAME,
    sortOptions = false,
    customSynopsis = "culvert bounce connect HOST:PORT GROUP [OPTION]...",
    description = {
      "Join a channel group, with standard input and output, a server or a local port.",
      "",
      "Without --to or --listen, the group is connected to standard input and output, for example"
          + " as the ProxyCommand of ssh, with the same command and --to 127.0.0.1:22 on the host"
          + " of sshd. Start the bounce server with --close-with-peer for such a group; otherwise"
          + " the end of standard input ends the connection. If standard input ends while the group"
          + " has no other member, the command leaves the group, and exits with 1 if it had sent"
          + " bytes, because no member has received them. --connect-timeout includes the DNS lookup"
          + " and joining the group."
    })
@Examples({
  "culvert bounce connect bounce.example.com:1111 ac --auth-file auth.txt",
  "culvert bounce connect bounce.example.com:1111 ac --auth-file auth.txt --to 127.0.0.1:22"
})
final class BounceConnectCommand implements Callable<Integer> {

  static final String NAME = "connect";

  private static final String ROLE = "bounce connect";

  private final Terminal terminal;

  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "HOST:PORT", description = "Address of the bounce server.")
  private HostPort server;

  @Parameters(
      index = "1",
      paramLabel = "GROUP",
      description = "Number of the group in hexadecimal digits: ac or 0xac is 172.")
  private GroupNumber group;

  @Option(
      names = "--to",
      paramLabel = "[HOST:]PORT",
      converter = AddressForms.Local.class,
      description =
          "Connect this server to the group. A port without a host is on localhost. The connection"
              + " is opened at the first byte from the group, so that a server that sends first is"
              + " not read before; when it ends, the command joins the group again.")
  @InHelp(value = HelpGroup.ADDRESSES, isBrief = true)
  private HostPort to;

  @Option(
      names = "--once",
      fallbackValue = "true",
      description = "With --to: exit after the first connection, or if it cannot be opened.")
  @InHelp(value = HelpGroup.OPERATION, isBrief = true)
  private boolean once;

  @Option(
      names = "--listen",
      paramLabel = "[HOST:]PORT",
      converter = AddressForms.Listening.class,
      description =
          "Connect local connections to the group, one at a time. The next one waits for"
              + " --connect-timeout and is then reset. A port without a host is on every address;"
              + " port 0 is any free port.")
  @InHelp(value = HelpGroup.ADDRESSES, isBrief = true)
  private HostPort listen;

  @Mixin private BounceAuthOptions auth;

  @Mixin private BounceProtocolOption protocol;

  @Mixin private BounceTransportOption transport;

  @Mixin private TlsTrustOptions tls;

  @Mixin private TlsIdentityOptions own;

  @Mixin private WebSocketPathOption path;

  @Mixin private WebSocketHostOption host;

  @Mixin private ViaOption via;

  @Mixin
  private final ConnectTimeoutOption connectTimeout =
      new ConnectTimeoutOption(Duration.ofSeconds(10));

  @Mixin private LogOptions logging;

  @Mixin private StandardOptions standard;

  private volatile boolean stopped;

  BounceConnectCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    if (once && to == null) {
      throw new ParameterException(
          spec.commandLine(), WrittenName.of(spec, Setting.ONCE) + " needs --to");
    }
    if (to != null && listen != null) {
      throw new ParameterException(
          spec.commandLine(),
          WrittenName.of(spec, Setting.TO)
              + " and "
              + WrittenName.of(spec, Setting.LISTEN)
              + " are both given; keep one");
    }
    BounceClientSettings settings = settings();
    ExitCode code = to == null && listen == null ? stream(settings) : forward(settings);
    return (stopped ? ExitCode.OK : code).code();
  }

  private BounceClientSettings settings() {
    return new BounceClientSettings(
        new GroupAddress(transport.kind(), server, group),
        credentials(),
        protocol.greeting(),
        ProxySelection.of(via.url(), terminal.environment(), server),
        connectTimeout.timeout(),
        Timeouts.DEFAULT.halfClose());
  }

  private BounceCredentials credentials() {
    return new BounceCredentials(
        auth.authentication(),
        tls.settings(transport.kind().isTls(), own.identity(), terminal.environment()),
        new WebSocketSettings(path.path(), host.host()));
  }

  /** Standard output has the bytes of the group only; an error is one line on standard error. */
  private ExitCode stream(BounceClientSettings settings) throws InterruptedException {
    ErrorLines lines = logging.errorLines(terminal);
    var warnings = SettingWarnings.of(WrittenName.in(spec), line -> lines.warn(ROLE, line));
    logging.advice().forEach(line -> lines.warn(ROLE, line));
    auth.advice().ifPresent(warnings::warn);
    try (var client = new BounceClient(settings, warnings)) {
      onStop(line -> lines.warn(ROLE, line), client::close);
      // ssh sends HUP to its ProxyCommand at the end of every session.
      terminal.hangUps().accept(terminal.stop()::request);
      return inVirtualThread(() -> stream(client));
    }
  }

  private ExitCode stream(BounceClient client) {
    ExitCode onFailure = ExitCode.UNREACHABLE;
    try {
      Connection connection = client.join();
      onFailure = ExitCode.FAILURE;
      new StandardStreams(client, terminal.in(), terminal.out()).relay(connection);
      return ExitCode.OK;
    } catch (IOException e) {
      if (stopped) {
        return ExitCode.OK;
      }
      throw new CommandFailure(
          e instanceof PeerRefusedException ? ExitCode.CREDENTIALS : onFailure, e);
    }
  }

  private ExitCode forward(BounceClientSettings settings) throws InterruptedException {
    try (Log log = logging.log(ROLE, terminal);
        var client = new BounceClient(settings, log)) {
      auth.advice().ifPresent(log::warn);
      return to != null ? serve(client, log) : listen(client, log);
    }
  }

  private ExitCode serve(BounceClient client, Log log) throws InterruptedException {
    var forwarder = new GroupForwarder(client, to, once, log);
    var reload = new FileReload(() -> client.reload(credentials()), log);
    terminal
        .hangUps()
        .accept(() -> {
          reload.run();
          forwarder.tryNow();
        });
    onStop(
        log::info,
        () -> {
          forwarder.stop();
          client.close();
        });
    return switch (inVirtualThread(forwarder::run)) {
      case STOPPED, SERVED -> ExitCode.OK;
      case FAILED -> ExitCode.FAILURE;
      case UNREACHABLE -> ExitCode.UNREACHABLE;
      case CREDENTIALS -> ExitCode.CREDENTIALS;
    };
  }

  private ExitCode listen(BounceClient client, Log log) throws InterruptedException {
    try (var forwarder = LocalForwarder.open(client, listen, log)) {
      terminal.out().println(ROLE + ": listening on " + forwarder.address());
      terminal.hangUps().accept(new FileReload(() -> client.reload(credentials()), log));
      terminal.stop().await();
      terminal.stop().cause().ifPresent(log::info);
      return ExitCode.OK;
    } catch (IOException e) {
      throw new CommandFailure(ExitCode.FAILURE, e);
    }
  }

  /**
   * Prepares the reaction to a stop.
   *
   * @param lines receives the cause, if there is one
   */
  private void onStop(Consumer<String> lines, Runnable action) {
    Stop stop = terminal.stop();
    stop.then(() -> {
      stopped = true;
      stop.cause().ifPresent(lines);
      action.run();
    });
  }

  /** Runs the work in a virtual thread, because it blocks on connections. */
  private static <T> T inVirtualThread(Callable<T> work) throws InterruptedException {
    var task = new FutureTask<>(work);
    Threads.start(ROLE, task);
    try {
      return task.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof CommandFailure failure) {
        throw failure;
      }
      throw new IllegalStateException("internal error while connecting to a group", e.getCause());
    }
  }
}
