package culvert.cli.demo;

import culvert.cli.process.CommandRunner;
import culvert.cli.process.FirstLine;
import culvert.cli.process.Terminal;
import culvert.net.HostPort;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.regex.Matcher;

/** A bounce server in this process, and two members of a group that exchange messages. */
final class TrainingGroup {

  private static final byte[] MESSAGE = "one line\n".getBytes(StandardCharsets.US_ASCII);
  private static final int MESSAGES = 1_000;
  private static final String AUTHENTICATION = "training";
  private static final String GROUP = "00ac";
  private static final int READY_BYTES = "4-BounceServer_1.0\nREADY".length();
  private static final int LIMIT_MILLIS = 10_000;

  private TrainingGroup() {}

  /**
   * Runs the bounce server until the messages have arrived.
   *
   * @throws IOException if one is missing
   */
  static void run(CommandRunner runner, Terminal terminal) throws IOException {
    var environment = Map.of("CULVERT_AUTH", AUTHENTICATION);
    try (RoleThread server =
        new RoleThread(
            runner,
            terminal,
            environment,
            "bounce-server",
            "--port=0",
            "--bind=127.0.0.1",
            "-vv")) {
      Matcher address = FirstLine.BOUNCE_SERVER.matcher(server.firstLine());
      if (!address.matches()) {
        throw new IOException("unexpected first line of the bounce server");
      }
      HostPort port = HostPort.parse(address.group(1));
      try (Socket sender = join(port);
          Socket receiver = join(port)) {
        exchange(sender, receiver);
      }
    }
  }

  private static void exchange(Socket sender, Socket receiver) throws IOException {
    for (int i = 0; i < MESSAGES; i++) {
      sender.getOutputStream().write(MESSAGE);
      if (!Arrays.equals(receiver.getInputStream().readNBytes(MESSAGE.length), MESSAGE)) {
        throw new IOException("a message to the group did not arrive");
      }
    }
  }

  private static Socket join(HostPort server) throws IOException {
    var member = new Socket(server.host(), server.port());
    member.setSoTimeout(LIMIT_MILLIS);
    member.getOutputStream().write((AUTHENTICATION + GROUP).getBytes(StandardCharsets.US_ASCII));
    member.getInputStream().readNBytes(READY_BYTES);
    return member;
  }
}
