package culvert.testing;

import culvert.cli.OriginProxies;
import culvert.cli.RemoteEndpoints;
import culvert.config.RemoteAddress;
import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.origin.OriginProxy;
import culvert.remote.RemoteProxy;
import java.io.IOException;
import java.net.Socket;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Both roles in one JVM with any number of services, which a test changes while they run. */
public final class RunningRoles implements AutoCloseable {

  private final TestLog log = new TestLog();
  private final RolePair.Options options;
  private final ReservedPorts ports = new ReservedPorts();
  private final HostPort control = ports.next();
  private RemoteProxy remote;
  private OriginProxy origin;
  private CompletableFuture<OriginProxy.End> end;

  /**
   * Starts a remote proxy.
   *
   * @param services its public addresses, as {@code NAME=HOST:PORT}
   */
  public RunningRoles(RolePair.Options options, String... services) throws IOException {
    this.options = options;
    this.remote = startRemote(services);
  }

  private RemoteProxy startRemote(String... services) throws IOException {
    return RemoteEndpoints.start(options.remoteSettings(Optional.of(control), services), log.log());
  }

  /** Ends the remote proxy and starts another one at its control address. */
  public void restartRemote(String... services) throws IOException {
    remote.close();
    remote = startRemote(services);
  }

  /**
   * Starts the origin proxy; returns once its session has started.
   *
   * @param services its origin servers, as {@code NAME=HOST:PORT}
   */
  public RunningRoles join(String... services) throws Exception {
    origin =
        OriginProxies.of(
            options.originSettings(controlAddress(), services),
            (service, address, remoteProxy) -> {},
            log.log());
    end = new CompletableFuture<>();
    Threads.start("origin proxy", () -> end.complete(origin.run()));
    awaitLog("session started", "remote_proxy=");
    return this;
  }

  /** Replaces the public addresses of the remote proxy. */
  public void reloadRemote(String... services) {
    remote.reload(options.remoteSettings(Optional.of(control), services));
  }

  /** Replaces the origin servers of the origin proxy. */
  public void reloadOrigin(String... services) {
    origin.reload(options.originSettings(controlAddress(), services));
  }

  /** Returns the remote proxy. */
  public RemoteProxy remote() {
    return remote;
  }

  /** Returns the origin proxy. */
  public OriginProxy origin() {
    return origin;
  }

  /** Returns the address at which origin proxies log in. */
  public RemoteAddress controlAddress() {
    return new RemoteAddress.Direct(control);
  }

  /** Reserves a port for a service until the roles are closed. */
  public HostPort reservePort() throws IOException {
    return ports.next();
  }

  /** Connects a visitor to a service. */
  public Socket visit(String service) throws IOException {
    return TestClient.dial(remote.outsideAddresses().get(service));
  }

  /** Waits until visitors of a service reach an origin server that echoes. */
  public void awaitEcho(String service) throws Exception {
    Eventually.within(
        RolePair.LIMIT,
        () -> {
          try (Socket visitor = visit(service)) {
            TestClient.assertEchoes(visitor, "hello");
          }
        });
  }

  /** Checks that no session serves a service. */
  public void assertUnserved(String service) throws IOException {
    TestClient.assertUnserved(remote.outsideAddresses().get(service));
  }

  /** Returns all lines that both roles have logged so far. */
  public String log() {
    return log.text();
  }

  /** Waits for a log line that contains all parts. */
  public void awaitLog(String... parts) throws Exception {
    log.await(parts);
  }

  @Override
  public void close() {
    if (origin != null) {
      origin.close();
      awaitEnd();
    }
    remote.close();
    ports.close();
    log.close();
  }

  private void awaitEnd() {
    try {
      end.get(RolePair.LIMIT.toSeconds(), TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new IllegalStateException("the origin proxy did not end", e);
    }
  }
}
