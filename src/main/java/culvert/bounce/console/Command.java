package culvert.bounce.console;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The commands of the console, in the order of its help. */
enum Command {
  /** Shows members or groups. */
  PRINT("connections|channels", "every connection, or every group and who is in it"),
  /** Sets the {@link Verbosity}. */
  VERBOSE(
      "N",
      "how much is told, each level with those before it:",
      "  1  who connects and disconnects",
      "  2  how far each connection is",
      "  3  how much each member sends",
      "  4  the bytes themselves"),
  /** Sets its group. */
  VERBOSE_CHANNEL("N", "tell levels 3 and 4 of this group only; -1 is every group"),
  /** Switches echoes. */
  ECHO("on|off", "whether what a member sends also comes back to it"),
  /** Ends a member. */
  KILL("ID|HOST:PORT", "end this connection"),
  /** Ends the server. */
  STOP("", "stop the server; members may finish for a while"),
  /** Ends the console. */
  EXIT("", "leave this console; the server runs on"),
  /** Shows all this. */
  HELP("", "this list");

  private final String arguments;
  private final List<String> does;

  Command(String arguments, String... does) {
    this.arguments = arguments;
    this.does = List.of(does);
  }

  /** As it is typed, without its arguments. */
  String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  /** As it is typed, with them. */
  String usage() {
    return (word() + " " + arguments).stripTrailing();
  }

  /** Those that a first word can mean. */
  static List<Command> first() {
    return Arrays.stream(values()).filter(command -> command != VERBOSE_CHANNEL).toList();
  }

  /** All with what they do. */
  static String help() {
    var table = new Table("<", "<");
    for (Command command : values()) {
      String usage = command.usage();
      for (String line : command.does) {
        table.row(usage, line);
        usage = "";
      }
    }
    return table + "Words can be cut short, as in 'p co'.";
  }
}
