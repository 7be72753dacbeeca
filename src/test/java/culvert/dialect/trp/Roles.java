package culvert.dialect.trp;

import culvert.cli.RemoteEndpoints;
import culvert.config.ControlProtocol;
import culvert.config.OriginSettings;
import culvert.config.RemoteAddress;
import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.origin.Dialects;
import culvert.origin.OriginProxy;
import culvert.remote.RemoteProxy;
import culvert.testing.RolePair;
import culvert.testing.TestLog;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** One or both roles with the trp protocol, and their log. */
final class Roles implements AutoCloseable {

  private final TestLog log = new TestLog();
  private final CompletableFuture<OriginProxy.End> end = new CompletableFuture<>();
  private RemoteProxy remote;
  private OriginProxy origin;

  private static RolePair.Options unencrypted() {
    return new RolePair.Options().secrets(null, null).protocols(ControlProtocol.TRP);
  }

  /** Starts a remote proxy with a time limit for the data connection of a visitor. */
  Roles remote(Duration openTimeout) throws IOException {
    var settings = unencrypted().openTimeout(openTimeout).remoteSettings();
    remote = RemoteEndpoints.start(settings, log.log());
    return this;
  }

  /** Moves the control address of the remote proxy, which keeps its service. */
  void moveTo(HostPort control) {
    remote.reload(unencrypted().remoteSettings(Optional.of(control), "127.0.0.1:0"));
  }

  /** Starts an origin proxy. */
  Roles origin(HostPort control, HostPort server) {
    return origin(List.of(control), server);
  }

  /** Starts an origin proxy with several remote proxies. */
  Roles origin(List<HostPort> controls, HostPort server) {
    var settings = settings(unencrypted(), controls, server);
    origin =
        new OriginProxy(
            settings,
            (dialer, role) ->
                Dialects.sharing(new TrpOriginDialect(settings, dialer, role, log.log())),
            (service, address, remote) -> {},
            log.log());
    Threads.start("origin proxy", () -> end.complete(origin.run()));
    return this;
  }

  /** Changes the remote proxies of the origin proxy, and how long visitors may finish. */
  void reload(List<HostPort> controls, HostPort server, Duration drain) {
    origin.reload(settings(unencrypted().drain(drain), controls, server));
  }

  private static OriginSettings settings(
      RolePair.Options options, List<HostPort> controls, HostPort server) {
    List<RemoteAddress> remotes =
        controls.stream().<RemoteAddress>map(RemoteAddress.Direct::new).toList();
    return options.retryingWithin(Duration.ofSeconds(1)).originSettings(server, remotes);
  }

  RemoteProxy remote() {
    return remote;
  }

  OriginProxy origin() {
    return origin;
  }

  HostPort publicAddress() {
    return remote.outsideAddresses().get("default");
  }

  /** Blocks until this number of log lines contain all the parts. */
  void awaitLog(int times, String... parts) throws Exception {
    log.await(times, parts);
  }

  @Override
  public void close() {
    if (origin != null) {
      origin.close();
      end.orTimeout(RolePair.LIMIT.toSeconds(), TimeUnit.SECONDS).join();
    }
    if (remote != null) {
      remote.close();
    }
    log.close();
  }
}
