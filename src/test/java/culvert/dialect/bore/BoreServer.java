package culvert.dialect.bore;

import culvert.cli.RemoteEndpoints;
import culvert.config.BoreSecret;
import culvert.config.BoreServerSettings;
import culvert.config.ConnectionLimits;
import culvert.config.PortRange;
import culvert.config.Timeouts;
import culvert.net.HostPort;
import culvert.remote.RemoteProxy;
import culvert.testing.Eventually;
import culvert.testing.RolePair;
import culvert.testing.TestClient;
import culvert.testing.TestLog;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A remote proxy for bore clients only, and its log. */
final class BoreServer implements AutoCloseable {

  private static final HostPort ANY = new HostPort("127.0.0.1", 0);

  static final PortRange PORTS = PortRange.parse("127.0.0.1:20000-29999");

  private final TestLog log = new TestLog();
  private final RolePair.Options options;
  private final PortRange ports;
  private final RemoteProxy remote;

  /** Starts on a free port of the loopback interface. */
  BoreServer(String... secrets) throws IOException {
    this(ANY, PORTS, new RolePair.Options(), secrets);
  }

  /** Starts at an address of the test's choice. */
  BoreServer(HostPort address) throws IOException {
    this(address, PORTS, new RolePair.Options());
  }

  /** Starts with other limits. */
  BoreServer(ConnectionLimits admission) throws IOException {
    this(ANY, PORTS, new RolePair.Options().admission(admission));
  }

  /** Starts with other ports and another time limit for unclaimed visitors. */
  BoreServer(HostPort address, PortRange ports, Duration openTimeout, String... secrets)
      throws IOException {
    this(address, ports, new RolePair.Options().openTimeout(openTimeout), secrets);
  }

  private BoreServer(HostPort address, PortRange ports, RolePair.Options options, String... secrets)
      throws IOException {
    this.options = options;
    this.ports = ports;
    var bore = new BoreServerSettings(address, Stream.of(secrets).map(BoreSecret::of).toList());
    options
        .secrets(null, null)
        .bore(bore, ports)
        .heartbeat(Timeouts.DEFAULT.heartbeat(), Timeouts.DEFAULT.heartbeatTimeout())
        .everyLine();
    remote = RemoteEndpoints.start(options.remoteSettings(Optional.empty()), log.log());
  }

  /** Changes the address for clients, without a secret. */
  void moveTo(HostPort address) {
    options.bore(new BoreServerSettings(address, List.of()), ports);
    remote.reload(options.remoteSettings(Optional.empty()));
  }

  RemoteProxy remote() {
    return remote;
  }

  /** Opens a connection to the control port; sends nothing. */
  BoreMessages connect() throws IOException {
    return new BoreMessages(TestClient.dial(remote.boreAddress()));
  }

  /** Joins a client that requests this port and has received its first heartbeat. */
  Joined join(int port) throws IOException {
    BoreMessages control = connect();
    control.send("{\"Hello\":" + port + "}");
    String hello = control.receive();
    if (!hello.matches("\\{\"Hello\":\\d+}") || !control.receive().equals("\"Heartbeat\"")) {
      throw new IOException("expected a Hello: " + hello);
    }
    return new Joined(control, Integer.parseInt(hello.replaceAll("\\D", "")));
  }

  /**
   * A client that has a port.
   *
   * @param control its control connection
   * @param port where its visitors connect
   */
  record Joined(BoreMessages control, int port) implements AutoCloseable {
    /** Closes the connection within a try block that closes it again. */
    void leave() throws IOException {
      control.leave();
    }

    @Override
    public void close() throws IOException {
      control.close();
    }
  }

  /** Connects a visitor. */
  Socket visit(int port) throws IOException {
    return TestClient.dial(new HostPort("127.0.0.1", port));
  }

  /** Blocks until this number of visitors is connected. */
  void awaitVisitors(int number) throws Exception {
    Eventually.within(
        RolePair.LIMIT,
        () -> {
          if (remote.visitors() != number) {
            throw new AssertionError(remote.visitors() + " visitors");
          }
        });
  }

  /** Blocks until a log line contains all the parts. */
  void awaitLog(String... parts) throws Exception {
    log.await(parts);
  }

  /** Blocks until a log line contains all the parts, at most for the limit. */
  void awaitLog(Duration limit, String... parts) throws Exception {
    log.await(limit, parts);
  }

  @Override
  public void close() {
    remote.close();
    log.close();
  }
}
