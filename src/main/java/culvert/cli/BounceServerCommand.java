package culvert.cli;

import culvert.bounce.console.ConsoleServer;
import culvert.bounce.console.MemberEventLog;
import culvert.bounce.console.TerminalConsole;
import culvert.bounce.console.Verbosity;
import culvert.bounce.server.BounceServer;
import culvert.cli.option.AddressForms;
import culvert.cli.option.BounceGroupOptions;
import culvert.cli.option.BounceLoginOptions;
import culvert.cli.option.BounceProtocolOption;
import culvert.cli.option.BounceTransportOption;
import culvert.cli.option.ConfigOption;
import culvert.cli.option.DrainOption;
import culvert.cli.option.Examples;
import culvert.cli.option.HelpGroup;
import culvert.cli.option.InHelp;
import culvert.cli.option.LogOptions;
import culvert.cli.option.LogPeriodOption;
import culvert.cli.option.SettingId;
import culvert.cli.option.StandardOptions;
import culvert.cli.option.TlsServerOptions;
import culvert.cli.option.WebSocketPathOption;
import culvert.cli.process.InteractiveTerminal;
import culvert.cli.process.Terminal;
import culvert.config.BounceSettings;
import culvert.config.InvalidSettingException;
import culvert.config.WebSocketSettings;
import culvert.net.EveryAddress;
import culvert.net.HostPort;
import culvert.observe.Counters;
import culvert.observe.Log;
import culvert.setting.Setting;
import culvert.setting.SettingMessage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs a bounce server until a stop is requested. */
@Command(
    name = BounceServerCommand.NAME,
    sortOptions = false,
    customSynopsis = "bounce-server [OPTION]...",
    description = {
      "Run a server that joins connections into groups, compatible with BounceServer.",
      "",
      "A client connects, names a group by its number, and the server sends its bytes to all other"
          + " members of that group. On a terminal the server accepts commands; 'help' lists them."
          + " After 'stop', TERM or INT, members that are not alone in their group may finish"
          + " within --drain-timeout."
    })
@Examples({
  "bounce-server --auth-file auth.txt",
  "bounce-server -p 2222 --max-connections 2 --close-with-peer --auth-file auth.txt"
})
final class BounceServerCommand implements Callable<Integer>, RoleCommand {

  static final String NAME = "bounce-server";

  private static final int MAX_PORT = 65535;

  private final Terminal terminal;

  @Spec private CommandSpec spec;

  @Option(
      names = {"-p", "--port"},
      paramLabel = "PORT",
      defaultValue = "1111",
      description = "Listen at this port; 0 for any free port.")
  @SettingId(Setting.BOUNCE_PORT)
  @InHelp(value = HelpGroup.ADDRESSES, isBrief = true)
  private int port;

  @Option(
      names = "--bind",
      paramLabel = "HOST",
      description =
          "Listen at this address. 0.0.0.0 is every IPv4 address, :: every IPv4 and IPv6 address. "
              + "[default: every address of this host]")
  @InHelp(value = HelpGroup.ADDRESSES, isBrief = true)
  private String bind;

  @Mixin private BounceGroupOptions groups;

  @Option(
      names = {"-d", "--daemon"},
      fallbackValue = "true",
      description =
          "Accept commands at --console-addr, not the terminal. For use in the background.")
  @InHelp(value = HelpGroup.OPERATION, isBrief = true)
  private boolean daemon;

  @Option(
      names = "--console-addr",
      paramLabel = "[HOST:]PORT",
      defaultValue = "127.0.0.1:32565",
      converter = AddressForms.Local.class,
      description =
          "Accept commands at this address with -d, from one console at a time. A port without a"
              + " host is on localhost. An address other"
              + " than loopback requires the authentication string.")
  @InHelp(HelpGroup.ADDRESSES)
  private HostPort consoleAddress;

  @Option(
      names = "-v",
      description =
          "Log more about members, from -v to -vvvv. -v logs connections and their ends, -vv also"
              + " the state of each member, -vvv also the number of bytes sent, -vvvv also all"
              + " bytes.")
  @InHelp(value = HelpGroup.LOGGING, isBrief = true)
  private boolean[] verbose;

  @Option(
      names = "--verbosity",
      paramLabel = "N",
      defaultValue = "1",
      description = "As -v, as a number from 1 to 4.")
  @InHelp(HelpGroup.LOGGING)
  private int verbosity;

  @Mixin private BounceProtocolOption protocol;

  @Mixin private BounceLoginOptions login;

  @Mixin private BounceTransportOption transport;

  @Mixin private WebSocketPathOption path;

  @Mixin private TlsServerOptions tls;

  @Mixin private DrainOption drain;

  @Mixin private LogPeriodOption logPeriod;

  @Mixin private ConfigOption config;

  @Mixin private LogOptions logs;

  @Mixin private StandardOptions standard;

  BounceServerCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void check() {
    settings();
  }

  @Override
  public Integer call() throws InterruptedException {
    BounceSettings settings = settings();
    var verbosity = Verbosity.of(level());
    try (Log log = logs.log(NAME, terminal)) {
      return ServerRun.of(() -> serve(settings, verbosity, log), log);
    }
  }

  /** Serves until a signal; returns the counters, which include members closed at the end. */
  private Counters serve(BounceSettings settings, Verbosity verbosity, Log log)
      throws IOException, InterruptedException {
    var counters = new Counters();
    var events = new MemberEventLog(verbosity, logPeriod.period(), counters, log);
    try (BounceServer server = BounceServer.start(settings, events, counters, log);
        ConsoleServer console = daemon ? console(settings, server, events, log) : null) {
      terminal.out().println(firstLine(server, Optional.ofNullable(console)));
      advice().forEach(log::warn);
      if (!daemon) {
        converse(server, events);
      }
      try (var reload =
          new RoleReload<>(
              this, spec, terminal, log, changed -> changed.apply(server, console), () -> {})) {
        terminal.hangUps().accept(reload);
        terminal.stop().await();
      }
      log.info(Draining.of(terminal.stop(), "members", server.members().size(), drain.timeout()));
      server.drain(drain.timeout());
    }
    return counters;
  }

  /** Applies the settings of this command to the server of another one. */
  private void apply(BounceServer server, ConsoleServer console) {
    BounceSettings changed = settings();
    Runnable useInConsole =
        console == null ? () -> {} : console.prepareReload(changed.authentication());
    server.reload(changed);
    useInConsole.run();
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
        logPeriod.period(),
        server.counters(),
        log);
  }

  /** Accepts commands from the terminal, if the process has one. */
  private void converse(BounceServer server, MemberEventLog events) {
    InteractiveTerminal interactive = terminal.interactive().get();
    if (interactive != InteractiveTerminal.NONE) {
      boolean hasLog = interactive == InteractiveTerminal.WITH_LOG;
      TerminalConsole.start(terminal.in(), terminal.out(), hasLog, server, events, terminal.stop());
    }
  }

  @Override
  public List<SettingMessage> advice() {
    var lines = new ArrayList<SettingMessage>();
    login.auth().advice().ifPresent(lines::add);
    BounceSettings settings = settings();
    boolean isByCertificate =
        settings.tls().filter(given -> given.clientAuthorities().isPresent()).isPresent();
    if (settings.authentication().isEmpty() && !isByCertificate) {
      lines.add(
          SettingMessage.of(
              "NO AUTHENTICATION STRING IS SET: any client that can reach the port can join any"
                  + " group; set %s",
              ConfigOption.waysToSet(spec, Setting.AUTH, Setting.AUTH_FILE)));
    }
    return lines;
  }

  /**
   * Returns the settings from all options.
   *
   * @throws IllegalArgumentException naming the option that is invalid
   */
  BounceSettings settings() {
    return new BounceSettings(
        listen(),
        protocol.greeting(),
        login.auth().authentication(),
        login.limits(),
        groups.groups(transport.kind()),
        transport.kind(),
        tls.settings(),
        new WebSocketSettings(path.path(), Optional.empty()),
        drain.timeout(),
        logPeriod.period());
  }

  private HostPort listen() {
    if (port < 0 || port > MAX_PORT) {
      throw new InvalidSettingException(Setting.BOUNCE_PORT, port, "a port from 0 to " + MAX_PORT);
    }
    String host = bind == null ? EveryAddress.host() : bind;
    boolean isBare = host.contains(":") && !host.startsWith("[");
    try {
      return HostPort.parse((isBare ? "[" + host + "]" : host) + ":" + port);
    } catch (IllegalArgumentException e) {
      throw new InvalidSettingException(Setting.BIND, host, "a host name or an IP address");
    }
  }

  private int level() {
    int level = verbose == null ? verbosity : verbose.length;
    if (level < Verbosity.MIN_LEVEL || level > Verbosity.MAX_LEVEL) {
      String range = Verbosity.MIN_LEVEL + " to " + Verbosity.MAX_LEVEL;
      if (verbose != null) {
        throw new IllegalArgumentException(
            "-v is given " + level + " times (allowed: " + range + ")");
      }
      throw new InvalidSettingException(Setting.VERBOSITY, level, "a number from " + range);
    }
    return level;
  }

  /** Returns the line for programs: the addresses that were bound. */
  private static String firstLine(BounceServer server, Optional<ConsoleServer> console) {
    return NAME
        + ": listening "
        + server.address()
        + console.map(given -> ", console " + given.address()).orElse("");
  }
}
