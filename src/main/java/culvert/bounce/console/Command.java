package culvert.bounce.console;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The commands of the console, in the order of its help. */
enum Command {
  /** Lists members or groups. */
  PRINT("connections|channels", "list all connections, or all groups and their members"),
  /** Sets the level of the {@link Verbosity}. */
  VERBOSE(
      "N",
      "set the level of detail; each includes those before it:",
      "  1  connections and disconnections",
      "  2  state changes",
      "  3  size of each read",
      "  4  the bytes themselves"),
  /** Sets the group of the {@link Verbosity}. */
  VERBOSE_CHANNEL("N", "limit levels 3 and 4 to this group; -1 means every group"),
  /** Turns the echo on or off. */
  ECHO("on|off", "also send each member's bytes back to it"),
  /** Disconnects a member. */
  KILL("ID|HOST:PORT", "close this connection"),
  /** Stops the server. */
  STOP("", "stop the server; members may finish for a while"),
  /** Ends the console session. */
  EXIT("", "leave this console; the server keeps running"),
  /** Shows the commands. */
  HELP("", "show this list");

  private final String arguments;
  private final List<String> description;

  Command(String arguments, String... description) {
    this.arguments = arguments;
    this.description = List.of(description);
  }

  /** Returns the command as it is typed, without arguments. */
  String keyword() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  /** Returns the command as it is typed, with its arguments. */
  String usage() {
    return (keyword() + " " + arguments).stripTrailing();
  }

  /** Returns the commands that the first word of a line can select. */
  static List<Command> topLevel() {
    return Arrays.stream(values()).filter(command -> command != VERBOSE_CHANNEL).toList();
  }

  /** Returns all commands with their descriptions. */
  static String help() {
    var table = new Table("<", "<");
    for (Command command : values()) {
      String usage = command.usage();
      for (String line : command.description) {
        table.row(usage, line);
        usage = "";
      }
    }
    return table + "Commands and arguments can be abbreviated, as in 'p co'.";
  }
}
