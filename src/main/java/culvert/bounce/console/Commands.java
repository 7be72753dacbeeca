package culvert.bounce.console;

import culvert.bounce.server.BounceAdmin;
import culvert.bounce.server.MemberView;
import culvert.bounce.server.StopRequest;
import culvert.net.HostPort;
import culvert.observe.Escape;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Executes the console's commands. The commands and their arguments are those of the original
 * program, BounceServer; the texts of the answers are not.
 */
final class Commands {

  private static final Pattern DIGITS = Pattern.compile("[0-9]{1,9}");
  private static final Pattern HEX = Pattern.compile("0[xX][0-9A-Fa-f]{1,7}");
  private static final Pattern ID = Pattern.compile("[0-9]{1,18}");
  private static final String EVERY_GROUP = "-1";

  private final BounceAdmin admin;
  private final MemberEventLog events;
  private final StopRequest stop;

  /**
   * Creates the commands for a running server.
   *
   * @param stop announced when the stop command runs, begun after its answer was {@link #answered}
   */
  Commands(BounceAdmin admin, MemberEventLog events, StopRequest stop) {
    this.admin = admin;
    this.events = events;
    this.stop = stop;
  }

  /** Returns the command that starts with this word, which may be abbreviated. */
  static Command parse(String word) throws CommandException {
    return Abbreviation.resolve(word, Command.topLevel(), Command::keyword, "unknown command");
  }

  /**
   * Executes a command.
   *
   * @param arguments the arguments, without the command itself
   * @return the answer: lines separated by line feeds, or empty
   * @throws CommandException if the arguments are invalid or the command fails
   */
  String run(Command command, List<String> arguments) throws CommandException {
    return switch (command) {
      case PRINT -> print(singleArgument(arguments, command));
      case VERBOSE, VERBOSE_CHANNEL -> verbose(arguments);
      case ECHO -> echo(arguments);
      case KILL -> kill(singleArgument(arguments, command));
      case STOP -> {
        checkNoArguments(arguments, command);
        yield stop.announce() ? "stopping; members may finish for a while" : "already stopping";
      }
      case EXIT -> {
        checkNoArguments(arguments, command);
        yield "";
      }
      case HELP -> {
        checkNoArguments(arguments, command);
        yield Command.help();
      }
    };
  }

  /** Completes a command after its answer was written, or could not be. */
  void answered(Command command) {
    if (command == Command.STOP) {
      stop.begin();
    }
  }

  private static String singleArgument(List<String> arguments, Command command)
      throws CommandException {
    if (arguments.isEmpty()) {
      throw new CommandException("missing argument; usage: " + command.usage());
    }
    if (arguments.size() > 1) {
      throw unexpected(arguments.get(1), command);
    }
    return arguments.getFirst();
  }

  private static void checkNoArguments(List<String> arguments, Command command)
      throws CommandException {
    if (!arguments.isEmpty()) {
      throw unexpected(arguments.getFirst(), command);
    }
  }

  private static CommandException unexpected(String argument, Command command) {
    return new CommandException(
        "unexpected argument '" + Escape.of(argument) + "'; usage: " + command.usage());
  }

  private static String choice(String argument, List<String> choices) throws CommandException {
    return Abbreviation.resolve(argument, choices, Function.identity(), "invalid argument");
  }

  private String print(String argument) throws CommandException {
    return choice(argument, List.of("connections", "channels")).equals("connections")
        ? connections()
        : channels();
  }

  private String connections() {
    List<MemberView> members = admin.members();
    if (members.isEmpty()) {
      return "no connections";
    }
    var table = new Table(">ID", "<ADDRESS", ">GROUP", ">HEX", "<STATE");
    for (MemberView member : members) {
      OptionalInt group = member.group();
      table.row(
          member.id(),
          HostPort.of(member.peer()),
          group.isPresent() ? group.getAsInt() : "-",
          group.isPresent() ? Integer.toHexString(group.getAsInt()) : "-",
          member.state());
    }
    return table.toString().stripTrailing();
  }

  private String channels() {
    Map<Integer, List<MemberView>> groups = new TreeMap<>();
    for (MemberView member : admin.members()) {
      member
          .group()
          .ifPresent(group -> groups.computeIfAbsent(group, g -> new ArrayList<>()).add(member));
    }
    if (groups.isEmpty()) {
      return "no groups";
    }
    var table = new Table(">GROUP", ">HEX", ">COUNT", "<MEMBERS");
    groups.forEach((group, members) ->
        table.row(
            group,
            Integer.toHexString(group),
            members.size(),
            members.stream().map(ConsoleFormat::connection).collect(Collectors.joining(", "))));
    return table.toString().stripTrailing();
  }

  private String verbose(List<String> arguments) throws CommandException {
    if (arguments.isEmpty()) {
      throw new CommandException(
          verbosity()
              + "; usage: "
              + Command.VERBOSE.usage()
              + " or "
              + Command.VERBOSE_CHANNEL.usage());
    }
    String first = arguments.getFirst();
    List<String> rest = arguments.subList(1, arguments.size());
    if (!first.isEmpty() && "channel".startsWith(first)) {
      OptionalInt group = group(singleArgument(rest, Command.VERBOSE_CHANNEL));
      events.setVerbosity(events.verbosity().withGroup(group));
    } else {
      int level = level(singleArgument(arguments, Command.VERBOSE));
      events.setVerbosity(events.verbosity().withLevel(level));
    }
    return verbosity();
  }

  private static int level(String argument) throws CommandException {
    int level = DIGITS.matcher(argument).matches() ? Integer.parseInt(argument) : 0;
    if (level < Verbosity.MIN_LEVEL || level > Verbosity.MAX_LEVEL) {
      throw new CommandException(
          "invalid level '"
              + Escape.of(argument)
              + "': expected "
              + Verbosity.MIN_LEVEL
              + " to "
              + Verbosity.MAX_LEVEL
              + ", or 'channel'");
    }
    return level;
  }

  private static OptionalInt group(String argument) throws CommandException {
    if (argument.equals(EVERY_GROUP)) {
      return OptionalInt.empty();
    }
    if (HEX.matcher(argument).matches()) {
      return OptionalInt.of(Integer.parseInt(argument.substring(2), 16));
    }
    if (!DIGITS.matcher(argument).matches()) {
      throw new CommandException(
          "invalid group '"
              + Escape.of(argument)
              + "': expected a number such as 172 or 0xac, or "
              + EVERY_GROUP
              + " for every group");
    }
    return OptionalInt.of(Integer.parseInt(argument));
  }

  private String verbosity() {
    Verbosity now = events.verbosity();
    return "verbosity is "
        + now.level()
        + ", "
        + (now.group().isPresent() ? ConsoleFormat.group(now.group().getAsInt()) : "every group");
  }

  private String echo(List<String> arguments) throws CommandException {
    if (arguments.isEmpty()) {
      throw new CommandException(echo() + "; usage: " + Command.ECHO.usage());
    }
    String argument = singleArgument(arguments, Command.ECHO).toLowerCase(Locale.ROOT);
    admin.setEcho(choice(argument, List.of("on", "off")).equals("on"));
    return echo();
  }

  private String echo() {
    return "echo is " + (admin.isEchoOn() ? "on" : "off");
  }

  private String kill(String connection) throws CommandException {
    boolean isId = ID.matcher(connection).matches();
    boolean isKilled =
        isId ? admin.kill(Long.parseLong(connection)) : admin.kill(address(connection));
    if (!isKilled) {
      throw new CommandException(
          "no connection "
              + (isId ? "with id " : "from ")
              + connection
              + "; 'print connections' lists all connections");
    }
    return "connection closed";
  }

  /** Parses an address as printed here, or with the leading slash that the original prints. */
  private static InetSocketAddress address(String text) throws CommandException {
    try {
      HostPort written = HostPort.parse(text.startsWith("/") ? text.substring(1) : text);
      InetAddress host = written.literal().orElseThrow(IllegalArgumentException::new);
      return new InetSocketAddress(host, written.port());
    } catch (IllegalArgumentException e) {
      throw new CommandException(
          "invalid connection '" + Escape.of(text) + "': expected an id or IP:PORT");
    }
  }
}
