package culvert.cli;

import culvert.bounce.client.BounceClient;
import culvert.bounce.client.GroupForwarder;
import culvert.bounce.client.LocalForwarder;
import culvert.bounce.client.StandardStreams;
import culvert.cli.option.BounceAuthOptions;
import culvert.cli.option.LogOptions;
import culvert.cli.option.TlsTrustOptions;
import culvert.cli.process.ExitCode;
import culvert.cli.process.Terminal;
import culvert.config.BounceClientSettings;
import culvert.config.BounceCredentials;
import culvert.config.GroupAddress;
import culvert.config.GroupNumber;
import culvert.config.Timeouts;
import culvert.config.TransportKind;
import culvert.config.WebSocketSettings;
import culvert.net.Connection;
import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.observe.Log;
import culvert.protocol.RefusedException;
import culvert.protocol.bounce.BounceGreeting;
import culvert.route.ProxySelection;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
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

/** Joins a group with the standard streams, a server, or a local address. */
@Command(
    name = BounceConnectCommand.NAME,
    sortOptions = false,
    customSynopsis = "culvert bounce connect HOST:PORT GROUP [OPTION]...",
    description = {
      "Join a channel group at the bounce server HOST:PORT, and be to it what standard input and "
          + "output, a server, or a local address say.",
      "",
      "As ssh's ProxyCommand: culvert bounce connect HOST:PORT GROUP --auth-file FILE; and beside"
          + " sshd the same with --to 127.0.0.1:22. For that the bounce server needs"
          + " --close-with-peer for the group; without, the end of standard input is the end of"
          + " all. Where that comes while nobody else is there, it leaves the group and exits with"
          + " 1 if it had said something, since nobody heard it."
    })
final class BounceConnectCommand implements Callable<Integer> {

  static final String NAME = "connect";

  private static final String ROLE = "bounce connect";

  private final Terminal terminal;

  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "HOST:PORT", description = "The bounce server.")
  private HostPort server;

  @Parameters(
      index = "1",
      paramLabel = "GROUP",
      description = "The group's number in hexadecimal digits, as on the wire: ac or 0xac is 172.")
  private GroupNumber group;

  @Option(
      names = "--to",
      paramLabel = "HOST:PORT",
      description =
          "Put this server into the group: it is dialled at the first byte that comes, and this "
              + "side joins again when that is over. A server that speaks first is not heard "
              + "before.")
  private HostPort to;

  @Option(
      names = "--once",
      description = "With --to: exit after the first connection, or if there can be none.")
  private boolean once;

  @Option(
      names = "--listen",
      paramLabel = "HOST:PORT",
      description =
          "Let local connections into the group, one at a time: the next one waits for "
              + "--connect-timeout and is reset then. Port 0 takes any free one.")
  private HostPort listen;

  @Mixin private BounceAuthOptions auth;

  @Option(
      names = "--wire",
      paramLabel = "KIND",
      defaultValue = "program",
      description =
          "How the bounce server greets: as the program does, or as its text says (text), without "
              + "a line feed and READY (default: program).")
  private BounceGreeting wire;

  @Option(
      names = "--transport",
      paramLabel = "KIND",
      defaultValue = "plain",
      description = "What the bounce server listens for: plain, tls, ws or wss (default: plain).")
  private TransportKind transport;

  @Mixin private TlsTrustOptions tls;

  @Option(
      names = "--ws-path",
      paramLabel = "PATH",
      defaultValue = "/",
      description = "Where the WebSocket is (default: /).")
  private String path;

  @Option(
      names = "--ws-host",
      paramLabel = "HOST",
      description = "What the WebSocket's Host header says (default: the host).")
  private String host;

  @Option(
      names = "--via",
      paramLabel = "URL",
      description =
          "The proxy that leads outside: http://[USER:PASSWORD@]HOST:PORT or socks5://…; others "
              + "can see it in the process list, CULVERT_VIA keeps it from them; direct for none "
              + "(default: what HTTPS_PROXY or ALL_PROXY say, unless NO_PROXY names the bounce "
              + "server).")
  private String via;

  @Option(
      names = "--connect-timeout",
      paramLabel = "TIME",
      defaultValue = "10s",
      description = "From the lookup to being in the group, or at the server (default: 10s).")
  private Duration connectTimeout;

  @Mixin private LogOptions logging;

  @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
  private boolean help;

  private volatile boolean stopped;

  BounceConnectCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    if (to != null && listen != null || once && to == null) {
      throw new ParameterException(
          spec.commandLine(), once ? "--once needs --to" : "--to and --listen are both given");
    }
    BounceClientSettings settings = settings();
    ExitCode code = to == null && listen == null ? stream(settings) : stay(settings);
    return (stopped ? ExitCode.OK : code).code();
  }

  private BounceClientSettings settings() {
    return new BounceClientSettings(
        new GroupAddress(transport, server, group),
        access(),
        wire,
        ProxySelection.of(Optional.ofNullable(via), terminal.environment(), server),
        connectTimeout,
        Timeouts.DEFAULT.halfClose());
  }

  private BounceCredentials access() {
    return new BounceCredentials(
        auth.authentication(),
        tls.settings(transport.isTls(), Optional.empty(), terminal.environment()),
        new WebSocketSettings(path, Optional.ofNullable(host)));
  }

  /** Standard output is the group's alone, and what is wrong is one line. */
  private ExitCode stream(BounceClientSettings settings) throws InterruptedException {
    Consumer<String> complaints = line -> terminal.err().println(ROLE + ": " + line);
    auth.advice().ifPresent(complaints);
    try (var client = new BounceClient(settings, complaints)) {
      onStop(client::close);
      return inVirtualThread(() -> stream(client));
    }
  }

  private ExitCode stream(BounceClient client) {
    ExitCode otherwise = ExitCode.UNREACHABLE;
    try {
      Connection connection = client.join();
      otherwise = ExitCode.FAILURE;
      new StandardStreams(client, terminal.in(), terminal.out()).relay(connection);
      return ExitCode.OK;
    } catch (IOException e) {
      if (!stopped) {
        terminal.err().println(ROLE + ": " + e.getMessage());
      }
      return e instanceof RefusedException ? ExitCode.CREDENTIALS : otherwise;
    }
  }

  private ExitCode stay(BounceClientSettings settings) throws InterruptedException {
    try (Log log = logging.log(ROLE, terminal);
        var client = new BounceClient(settings, log::warn)) {
      auth.advice().ifPresent(log::warn);
      return to != null ? serve(client, log) : listen(client, log);
    }
  }

  private ExitCode serve(BounceClient client, Log log) throws InterruptedException {
    var served = new GroupForwarder(client, to, once, log);
    onStop(() -> {
      served.stop();
      client.close();
    });
    return switch (inVirtualThread(served::run)) {
      case STOPPED, SERVED -> ExitCode.OK;
      case BROKEN -> ExitCode.FAILURE;
      case UNREACHABLE -> ExitCode.UNREACHABLE;
      case CREDENTIALS -> ExitCode.CREDENTIALS;
    };
  }

  private ExitCode listen(BounceClient client, Log log) throws InterruptedException {
    try (var entrance = LocalForwarder.open(client, listen, log)) {
      terminal.out().println(ROLE + ": listening on " + entrance.address());
      terminal.stop().await();
      return ExitCode.OK;
    } catch (IOException e) {
      terminal.err().println(ROLE + ": " + e.getMessage());
      return ExitCode.FAILURE;
    }
  }

  private void onStop(Runnable action) {
    terminal
        .stop()
        .then(() -> {
          stopped = true;
          action.run();
        });
  }

  /** Whatever is waited for, is waited for in a virtual thread, as all else here. */
  private static <T> T inVirtualThread(Callable<T> work) throws InterruptedException {
    var task = new FutureTask<>(work);
    Threads.start(ROLE, task);
    try {
      return task.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("joining a group met a bug", e.getCause());
    }
  }
}
