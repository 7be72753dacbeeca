package culvert.bounce.console;

import culvert.bounce.server.MemberView;
import culvert.net.HostPort;

/** Formats connections and groups for the console. */
final class ConsoleFormat {

  private ConsoleFormat() {}

  /** Returns the id and the remote address of a connection. */
  static String connection(MemberView member) {
    return "#" + member.id() + " " + HostPort.of(member.peer());
  }

  /** Returns a group's number in decimal, and in hexadecimal as its members send it. */
  static String group(int number) {
    return "group " + number + " (0x" + Integer.toHexString(number) + ")";
  }
}
