package culvert.bounce.console;

import culvert.bounce.server.MemberView;
import culvert.net.HostPort;

/** How the console writes what there is. */
final class ConsoleFormat {

  private ConsoleFormat() {}

  /** A connection: its id and where it comes from. */
  static String connection(MemberView member) {
    return "#" + member.id() + " " + HostPort.of(member.peer());
  }

  /** A group: its number, and as its members write it. */
  static String group(int number) {
    return "group " + number + " (0x" + Integer.toHexString(number) + ")";
  }
}
