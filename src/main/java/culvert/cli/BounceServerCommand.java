package culvert.cli;

import static culvert.observe.LogEvent.event;

import culvert.bounce.console.ConsoleServer;
import culvert.bounce.console.MemberEventLog;
import culvert.bounce.console.TerminalConsole;
import culvert.bounce.console.Verbosity;
import culvert.bounce.server.BounceServer;
import culvert.cli.option.BounceGroupOptions;
import culvert.cli.option.BounceLoginOptions;
import culvert.cli.option.LogOptions;
import culvert.cli.option.TlsServerOptions;
import culvert.cli.process.ExitCode;
import culvert.cli.process.InteractiveTerminal;
import culvert.cli.process.Terminal;
import culvert.config.BounceSettings;
import culvert.config.TransportKind;
import culvert.config.WebSocketSettings;
import culvert.net.Durations;
import culvert.net.HostPort;
import culvert.observe.Counters;
import culvert.observe.Log;
import culvert.protocol.bounce.BounceGreeting;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Runs the bounce role until it is told to stop. */
@Command(
    name = BounceServerCommand.NAME,
    sortOptions = false,
    customSynopsis = "bounce-server [OPTION]...",
    description =
        "Run where everybody reaches it: whoever dials in and names a group, by the wire of the "
            + "program BounceServer, has its bytes carried to all others of that group. On a "
            + "terminal it takes commands; 'help' lists them.")
final class BounceServerCommand implements Callable<Integer> {

  static final String NAME = "bounce-server";

  /** What {@link #firstLine} prints, for whoever starts this role. */
  static final Pattern FIRST_LINE =
      Pattern.compile(NAME + ": listening ([^\\s,]+)(, console (\\S+))?");

  private static final int MAX_PORT = 65535;

  private final Terminal terminal;

  @Option(
      names = {"-p", "--port"},
      paramLabel = "PORT",
      defaultValue = "1111",
      description = "Where members dial in; 0 takes any free one (default: 1111).")
  private int port;

  @Option(
      names = "--bind",
      paramLabel = "HOST",
      description =
          "The address of that port (default: every one this machine has). 0.0.0.0 is IPv4 only, "
              + ":: both.")
  private String bind;

  @Mixin private BounceGroupOptions groups;

  @Option(
      names = {"-d", "--daemon"},
      description = "For the background: take commands at --console-addr, not from the terminal.")
  private boolean daemon;

  @Option(
      names = "--console-addr",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:32565",
      description =
          "Where -d takes commands, from one console at a time (default: 127.0.0.1:32565). What is "
              + "no loopback address asks for the authentication string.")
  private HostPort consoleAddress;

  @Option(
      names = "-v",
      description =
          "Tell more of members: -v who connects and disconnects, -vv each one's state too, -vvv "
              + "how much each sends, -vvvv all the bytes.")
  private boolean[] louder;

  @Option(
      names = "--verbosity",
      paramLabel = "N",
      defaultValue = "1",
      description = "The same as a number, 1 to 4 (default: 1).")
  private int verbosity;

  @Option(
      names = "--wire",
      paramLabel = "KIND",
      defaultValue = "program",
      description =
          "How members are greeted: program, with a line feed behind the version and READY once "
              + "they are in, as BounceServer does it; text, with neither, as its README has it "
              + "(default: program).")
  private BounceGreeting wire;

  @Mixin private BounceLoginOptions entry;

  @Option(
      names = "--transport",
      paramLabel = "KIND",
      defaultValue = "plain",
      description =
          "What wraps members' connections: plain; tls; ws or wss, a WebSocket (default: plain).")
  private TransportKind transport;

  @Option(
      names = "--ws-path",
      paramLabel = "PATH",
      defaultValue = "/",
      description = "Where the WebSocket is (default: /).")
  private String path;

  @Mixin private TlsServerOptions tls;

  @Option(
      names = "--drain-timeout",
      paramLabel = "TIME",
      defaultValue = "30s",
      description =
          "After 'stop', TERM or INT members that are not alone may finish for so long; a second "
              + "signal ends at once (default: 30s).")
  private Duration drain;

  @Option(
      names = "--log-period",
      paramLabel = "TIME",
      defaultValue = "10s",
      description =
          "Complaints about one source are logged once in so long, what its connections do a "
              + "hundred times; the rest is counted (default: 10s).")
  private Duration logPeriod;

  @Mixin private LogOptions logs;

  @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
  private boolean help;

  BounceServerCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    BounceSettings settings = settings();
    var verbosity = Verbosity.of(level());
    try (Log log = logs.log(NAME, terminal)) {
      var counters = new Counters();
      var events = new MemberEventLog(verbosity, logPeriod, counters, log);
      try (BounceServer server = BounceServer.start(settings, events, counters, log);
          ConsoleServer console = daemon ? console(settings, server, events, log) : null) {
        terminal.out().println(firstLine(server, Optional.ofNullable(console)));
        warn(settings, log);
        if (!daemon) {
          converse(server, events);
        }
        terminal.stop().await();
        log.info(
            event("draining")
                .with("members", server.members().size())
                .with("limit", Durations.of(drain)));
        server.drain(drain);
        log.info(event("stopping").withAll(server.counters().fields()));
        return ExitCode.OK.code();
      }
    } catch (IOException e) {
      terminal.err().println(NAME + ": " + e.getMessage());
      return ExitCode.FAILURE.code();
    }
  }

  private ConsoleServer console(
      BounceSettings settings, BounceServer server, MemberEventLog events, Log log)
      throws IOException {
    return ConsoleServer.start(
        consoleAddress,
        settings.authentication(),
        server,
        events,
        terminal.stop(),
        logPeriod,
        server.counters(),
        log);
  }

  /** Takes commands from the terminal, if there is one. */
  private void converse(BounceServer server, MemberEventLog events) {
    InteractiveTerminal screen = terminal.screen().get();
    if (screen != InteractiveTerminal.NONE) {
      boolean alone = screen == InteractiveTerminal.WITH_LOG;
      TerminalConsole.start(terminal.in(), terminal.out(), alone, server, events, terminal.stop());
    }
  }

  private void warn(BounceSettings settings, Log log) {
    entry.auth().advice().ifPresent(log::warn);
    boolean byCertificate =
        settings.tls().filter(given -> given.clientAuthorities().isPresent()).isPresent();
    if (settings.authentication().isEmpty() && !byCertificate) {
      log.warn(
          "NO AUTHENTICATION STRING IS SET: whoever reaches the port can join any group;"
              + " set --auth, --auth-file or CULVERT_AUTH");
    }
  }

  /**
   * The settings that all options come to.
   *
   * @throws IllegalArgumentException naming the option that is no good
   */
  BounceSettings settings() {
    return new BounceSettings(
        listen(),
        wire,
        entry.auth().authentication(),
        entry.entry(),
        groups.groups(),
        transport,
        tls.settings(),
        new WebSocketSettings(path, Optional.empty()),
        drain,
        logPeriod);
  }

  private HostPort listen() {
    if (port < 0 || port > MAX_PORT) {
      throw new IllegalArgumentException("--port " + port + " is not within 0 to " + MAX_PORT);
    }
    String host = bind == null ? everyAddress() : bind;
    boolean isBare = host.contains(":") && !host.startsWith("[");
    try {
      return HostPort.parse((isBare ? "[" + host + "]" : host) + ":" + port);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("--bind: " + e.getMessage(), e);
    }
  }

  /** Both families, where this machine has both. */
  private static String everyAddress() {
    try {
      ServerSocketChannel.open(StandardProtocolFamily.INET6).close();
      return "::";
    } catch (IOException | UnsupportedOperationException e) {
      return "0.0.0.0";
    }
  }

  private int level() {
    int level = louder == null ? verbosity : louder.length;
    if (level < Verbosity.MIN_LEVEL || level > Verbosity.MAX_LEVEL) {
      throw new IllegalArgumentException(
          (louder == null ? "--verbosity is " + level : "-v is given " + level + " times")
              + "; it goes from "
              + Verbosity.MIN_LEVEL
              + " to "
              + Verbosity.MAX_LEVEL);
    }
    return level;
  }

  /** For machines: the addresses that were bound. */
  private static String firstLine(BounceServer server, Optional<ConsoleServer> console) {
    return NAME
        + ": listening "
        + server.address()
        + console.map(given -> ", console " + given.address()).orElse("");
  }
}
