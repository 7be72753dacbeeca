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
 * What the console's commands do. The commands and their arguments are those of the original
 * program; the words it answers in are not.
 */
final class Commands {

  private static final Pattern DIGITS = Pattern.compile("[0-9]{1,9}");
  private static final Pattern HEX = Pattern.compile("0[xX][0-9A-Fa-f]{1,7}");
  private static final Pattern ID = Pattern.compile("[0-9]{1,18}");
  private static final String EVERY_GROUP = "-1";

  private final BounceAdmin operations;
  private final MemberEventLog events;
  private final StopRequest stop;

  /**
   * Commands for a server that runs.
   *
   * @param stop is asked by a command, and begun once that was {@link #answered}
   */
  Commands(BounceAdmin operations, MemberEventLog events, StopRequest stop) {
    this.operations = operations;
    this.events = events;
    this.stop = stop;
  }

  /** The command of which this is the first word. */
  static Command parse(String word) throws CommandException {
    return Abbreviation.resolve(word, Command.first(), Command::word, "is no command");
  }

  /**
   * Does it.
   *
   * @param arguments the words behind the command's own
   * @return what to say: lines with line feeds between
   * @throws CommandException if the words make no command
   */
  String run(Command command, List<String> arguments) throws CommandException {
    return switch (command) {
      case PRINT -> print(only(arguments, command));
      case VERBOSE, VERBOSE_CHANNEL -> verbose(arguments);
      case ECHO -> echo(arguments);
      case KILL -> kill(only(arguments, command));
      case STOP -> {
        none(arguments, command);
        yield stop.announce() ? "stopping; members may finish for a while" : "already stopping";
      }
      case EXIT -> {
        none(arguments, command);
        yield "";
      }
      case HELP -> {
        none(arguments, command);
        yield Command.help();
      }
    };
  }

  /** What it said has been written, or could not be. */
  void answered(Command command) {
    if (command == Command.STOP) {
      stop.begin();
    }
  }

  private static String only(List<String> arguments, Command command) throws CommandException {
    if (arguments.isEmpty()) {
      throw new CommandException(command.word() + " needs a word more: " + command.usage());
    }
    if (arguments.size() > 1) {
      throw tooMany(arguments.get(1), command);
    }
    return arguments.getFirst();
  }

  private static void none(List<String> arguments, Command command) throws CommandException {
    if (!arguments.isEmpty()) {
      throw tooMany(arguments.getFirst(), command);
    }
  }

  private static CommandException tooMany(String word, Command command) {
    return new CommandException("'" + Escape.of(word) + "' is too much: " + command.usage());
  }

  private String print(String what) throws CommandException {
    var choices = List.of("connections", "channels");
    String chosen = Abbreviation.resolve(what, choices, Function.identity(), "cannot be printed");
    return chosen.equals("connections") ? connections() : channels();
  }

  private String connections() {
    List<MemberView> members = operations.members();
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
    for (MemberView member : operations.members()) {
      member
          .group()
          .ifPresent(group -> groups.computeIfAbsent(group, g -> new ArrayList<>()).add(member));
    }
    if (groups.isEmpty()) {
      return "no groups";
    }
    var table = new Table(">GROUP", ">HEX", ">MEMBERS", "<WHO");
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
              + "; to change it: "
              + Command.VERBOSE.usage()
              + ", or "
              + Command.VERBOSE_CHANNEL.usage());
    }
    String first = arguments.getFirst();
    List<String> rest = arguments.subList(1, arguments.size());
    if (!first.isEmpty() && "channel".startsWith(first)) {
      events.verbosity(events.verbosity().withGroup(group(only(rest, Command.VERBOSE_CHANNEL))));
    } else {
      events.verbosity(events.verbosity().withLevel(level(only(arguments, Command.VERBOSE))));
    }
    return verbosity();
  }

  private static int level(String word) throws CommandException {
    int level = DIGITS.matcher(word).matches() ? Integer.parseInt(word) : 0;
    if (level < Verbosity.MIN_LEVEL || level > Verbosity.MAX_LEVEL) {
      throw new CommandException(
          "'"
              + Escape.of(word)
              + "' is neither a level, which are "
              + Verbosity.MIN_LEVEL
              + " to "
              + Verbosity.MAX_LEVEL
              + ", nor 'channel'");
    }
    return level;
  }

  private static OptionalInt group(String word) throws CommandException {
    if (word.equals(EVERY_GROUP)) {
      return OptionalInt.empty();
    }
    if (HEX.matcher(word).matches()) {
      return OptionalInt.of(Integer.parseInt(word.substring(2), 16));
    }
    if (!DIGITS.matcher(word).matches()) {
      throw new CommandException(
          "'"
              + Escape.of(word)
              + "' is no group number; write it as 172 or 0xac, or "
              + EVERY_GROUP
              + " for every group");
    }
    return OptionalInt.of(Integer.parseInt(word));
  }

  private String verbosity() {
    Verbosity now = events.verbosity();
    return "verbose is "
        + now.level()
        + ", of "
        + (now.group().isPresent() ? ConsoleFormat.group(now.group().getAsInt()) : "every group");
  }

  private String echo(List<String> arguments) throws CommandException {
    if (arguments.isEmpty()) {
      throw new CommandException(echoes() + "; to change it: " + Command.ECHO.usage());
    }
    String word = only(arguments, Command.ECHO).toLowerCase(Locale.ROOT);
    String chosen =
        Abbreviation.resolve(word, List.of("on", "off"), Function.identity(), "is no way to echo");
    operations.setEcho(chosen.equals("on"));
    return echoes();
  }

  private String echoes() {
    return "echo is " + (operations.isEchoOn() ? "on" : "off");
  }

  private String kill(String whom) throws CommandException {
    boolean isId = ID.matcher(whom).matches();
    boolean killed = isId ? operations.kill(Long.parseLong(whom)) : operations.kill(address(whom));
    if (!killed) {
      throw new CommandException(
          "no connection "
              + (isId ? "has the id " : "comes from ")
              + whom
              + "; 'print connections' shows those there are");
    }
    return "connection ended";
  }

  /** An address as it is printed here, or with the slash before it that the original prints. */
  private static InetSocketAddress address(String text) throws CommandException {
    try {
      HostPort written = HostPort.parse(text.startsWith("/") ? text.substring(1) : text);
      InetAddress host = written.literal().orElseThrow(IllegalArgumentException::new);
      return new InetSocketAddress(host, written.port());
    } catch (IllegalArgumentException e) {
      throw new CommandException(
          "'" + Escape.of(text) + "' is neither an id nor an address: " + Command.KILL.usage());
    }
  }
}
