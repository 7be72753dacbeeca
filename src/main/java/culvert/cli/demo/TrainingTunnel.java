package culvert.cli.demo;

import culvert.cli.process.CommandRunner;
import culvert.cli.process.FirstLine;
import culvert.cli.process.Terminal;
import culvert.config.Secret;
import culvert.net.HostPort;
import java.io.IOException;
import java.util.Map;
import java.util.regex.Matcher;

/** Both halves in this process, in front of an echo server. */
final class TrainingTunnel implements AutoCloseable {

  private final EchoServer echo;
  private final RoleThread remoteProxy;
  private final RoleThread originProxy;
  private final HostPort outsideAddress;

  private TrainingTunnel(
      EchoServer echo, RoleThread remoteProxy, RoleThread originProxy, HostPort outsideAddress) {
    this.echo = echo;
    this.remoteProxy = remoteProxy;
    this.originProxy = originProxy;
    this.outsideAddress = outsideAddress;
  }

  /**
   * Starts the halves and returns once the origin proxy has logged in.
   *
   * @param transport the value of {@code --transport} on both sides
   * @throws IOException if one of them ends instead
   */
  static TrainingTunnel start(CommandRunner runner, Terminal terminal, String transport)
      throws IOException {
    var environment =
        Map.of(
            "CULVERT_SECRET",
            Secret.generate(),
            "CULVERT_TRANSPORT",
            transport,
            "CULVERT_LOG_LEVEL",
            "info");
    EchoServer echo = EchoServer.start();
    var remoteProxy =
        new RoleThread(
            runner,
            terminal,
            environment,
            "remote-proxy",
            "--control-addr=127.0.0.1:0",
            "--outside-addr=127.0.0.1:0");
    Matcher addresses = FirstLine.REMOTE_PROXY.matcher(remoteProxy.firstLine());
    if (!addresses.matches()) {
      throw new IOException("unexpected first line of the remote proxy");
    }
    var originProxy =
        new RoleThread(
            runner,
            terminal,
            environment,
            "origin-proxy",
            "--remote-proxy-addr=" + addresses.group(1),
            "--origin-server-addr=" + echo.address());
    originProxy.firstLine();
    return new TrainingTunnel(echo, remoteProxy, originProxy, HostPort.parse(addresses.group(2)));
  }

  /** Returns the remote proxy's public address, which leads to the echo server. */
  HostPort outsideAddress() {
    return outsideAddress;
  }

  @Override
  public void close() {
    originProxy.close();
    remoteProxy.close();
    echo.close();
  }
}
