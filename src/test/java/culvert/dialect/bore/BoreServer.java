package culvert.dialect.bore;

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
import java.util.Optional;
import java.util.stream.Stream;

/** A remote proxy that serves bore's clients only, with what it logs. */
final class BoreServer implements AutoCloseable {

  private static final HostPort ANY = new HostPort("127.0.0.1", 0);

  static final PortRange PORTS = PortRange.parse("127.0.0.1:20000-29999");

  private final TestLog log = new TestLog();
  private final RemoteProxy remote;

  /** On a free port of loopback. */
  BoreServer(String... secrets) throws IOException {
    this(ANY, PORTS, new RolePair.Options(), secrets);
  }

  /** With other bounds. */
  BoreServer(ConnectionLimits admission) throws IOException {
    this(ANY, PORTS, new RolePair.Options().admission(admission));
  }

  /** With other ports, and another patience with who does not take its visitors. */
  BoreServer(HostPort address, PortRange ports, Duration openTimeout, String... secrets)
      throws IOException {
    this(address, ports, new RolePair.Options().openTimeout(openTimeout), secrets);
  }

  private BoreServer(HostPort address, PortRange ports, RolePair.Options options, String... secrets)
      throws IOException {
    var bore = new BoreServerSettings(address, Stream.of(secrets).map(BoreSecret::of).toList());
    options
        .secrets(null, null)
        .bore(bore, ports)
        .heartbeat(Timeouts.DEFAULT.heartbeat(), Timeouts.DEFAULT.heartbeatTimeout())
        .everyLine();
    remote = RemoteProxy.start(options.remoteSettings(Optional.empty()), log.log());
  }

  RemoteProxy remote() {
    return remote;
  }

  /** A connection to the control port, nothing said. */
  BoreMessages connect() throws IOException {
    return new BoreMessages(TestClient.dial(remote.boreAddress()));
  }

  /** A client that was given the port, and has heard its first heartbeat. */
  Joined join(int port) throws IOException {
    BoreMessages talk = connect();
    talk.say("{\"Hello\":" + port + "}");
    String hello = talk.hear();
    if (!hello.matches("\\{\"Hello\":\\d+}") || !talk.hear().equals("\"Heartbeat\"")) {
      throw new IOException("no hello but " + hello);
    }
    return new Joined(talk, Integer.parseInt(hello.replaceAll("\\D", "")));
  }

  /**
   * A client with its port.
   *
   * @param control its control connection
   * @param port where its visitors come in
   */
  record Joined(BoreMessages control, int port) implements AutoCloseable {
    /** Ends it before its time. */
    void leave() throws IOException {
      control.leave();
    }

    @Override
    public void close() throws IOException {
      control.close();
    }
  }

  /** A new visitor. */
  Socket visit(int port) throws IOException {
    return TestClient.dial(new HostPort("127.0.0.1", port));
  }

  /** Waits until so many visitors are there. */
  void awaitVisitors(int number) throws Exception {
    Eventually.within(
        RolePair.LIMIT,
        () -> {
          if (remote.visitors() != number) {
            throw new AssertionError(remote.visitors() + " visitors");
          }
        });
  }

  /** Waits for a log line that contains all the words. */
  void awaitLog(String... words) throws Exception {
    log.await(words);
  }

  /** The same, within so long. */
  void awaitLog(Duration limit, String... words) throws Exception {
    log.await(limit, words);
  }

  @Override
  public void close() {
    remote.close();
    log.close();
  }
}
