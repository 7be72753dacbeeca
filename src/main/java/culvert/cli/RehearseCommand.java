package culvert.cli;

import culvert.config.Secret;
import culvert.net.BufferPool;
import culvert.net.HostPort;
import culvert.net.Listener;
import culvert.net.SocketConnection;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import picocli.CommandLine.Command;

/**
 * Runs every role in this process: sends one line through the tunnel and back, and one to another
 * member of a group. The build runs it once to record what a start needs, for the image's
 * ahead-of-time cache.
 */
@Command(name = RehearseCommand.NAME, hidden = true)
final class RehearseCommand implements Callable<Integer> {

  static final String NAME = "rehearse";

  private static final byte[] LINE = "there and back\n".getBytes(StandardCharsets.US_ASCII);
  private static final String AUTHENTICATION = "rehearsal";
  private static final String GROUP = "00ac";
  private static final int LIMIT_MILLIS = 10_000;

  private final Terminal terminal;

  RehearseCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    ExitCode code = tunnel() && group() ? ExitCode.OK : ExitCode.FAILURE;
    return code.code();
  }

  private boolean tunnel() throws IOException {
    var environment = Map.of("CULVERT_SECRET", Secret.generate(), "CULVERT_LOG_LEVEL", "info");
    try (Listener echo =
            Listener.bind(new HostPort("127.0.0.1", 0), "echo", new BufferPool(), new Echo());
        RoleThread remote =
            new RoleThread(
                terminal,
                environment,
                "remote-proxy",
                "--control-addr=127.0.0.1:0",
                "--outside-addr=127.0.0.1:0")) {
      echo.start();
      Matcher addresses = RemoteProxyCommand.FIRST_LINE.matcher(remote.firstLine());
      if (!addresses.matches()) {
        throw new IOException("the remote proxy did not start");
      }
      try (RoleThread origin =
          new RoleThread(
              terminal,
              environment,
              "origin-proxy",
              "--remote-proxy-addr=" + addresses.group(1),
              "--origin-server-addr=" + HostPort.of(echo.address()))) {
        origin.firstLine();
        return thereAndBack(HostPort.parse(addresses.group(2)));
      }
    }
  }

  private boolean group() throws IOException {
    var environment = Map.of("CULVERT_AUTH", AUTHENTICATION);
    try (RoleThread server =
        new RoleThread(
            terminal, environment, "bounce-server", "--port=0", "--bind=127.0.0.1", "-vv")) {
      Matcher address = BounceServerCommand.FIRST_LINE.matcher(server.firstLine());
      if (!address.matches()) {
        throw new IOException("the bounce server did not start");
      }
      HostPort port = HostPort.parse(address.group(1));
      try (Socket sender = member(port);
          Socket receiver = member(port)) {
        sender.getOutputStream().write(LINE);
        return Arrays.equals(receiver.getInputStream().readNBytes(LINE.length), LINE);
      }
    }
  }

  /** One that is in its group. */
  private static Socket member(HostPort port) throws IOException {
    var member = new Socket(port.host(), port.port());
    member.setSoTimeout(LIMIT_MILLIS);
    member.getOutputStream().write((AUTHENTICATION + GROUP).getBytes(StandardCharsets.US_ASCII));
    member.getInputStream().readNBytes("4-BounceServer_1.0\nREADY".length());
    return member;
  }

  private static boolean thereAndBack(HostPort outside) throws IOException {
    try (var visitor = new Socket(outside.host(), outside.port())) {
      visitor.setSoTimeout(LIMIT_MILLIS);
      visitor.getOutputStream().write(LINE);
      visitor.shutdownOutput();
      return Arrays.equals(visitor.getInputStream().readAllBytes(), LINE);
    }
  }

  private static final class Echo implements Listener.Handler {
    @Override
    public void handle(SocketConnection connection) {
      try (connection) {
        connection.input().transferTo(connection.output());
      } catch (IOException e) {
        connection.reset();
      }
    }

    @Override
    public void acceptFailed(IOException cause, Duration pause, boolean first) {
      // The visitor's time limit ends the rehearsal.
    }
  }
}
