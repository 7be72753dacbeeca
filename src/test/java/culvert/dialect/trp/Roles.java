package culvert.dialect.trp;

import culvert.config.RemoteAddress;
import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.origin.OriginProxy;
import culvert.remote.RemoteProxy;
import culvert.testing.RolePair;
import culvert.testing.TestLog;
import java.io.IOException;
import java.time.Duration;
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
    return new RolePair.Options().secrets(null, null);
  }

  /** Starts a remote proxy with a time limit for the data connection of a visitor. */
  Roles remote(Duration openTimeout) throws IOException {
    var settings = unencrypted().openTimeout(openTimeout).remoteSettings();
    remote =
        RemoteProxy.start(settings, deadlines -> new TrpDialect("default", deadlines), log.log());
    return this;
  }

  /** Moves the control address of the remote proxy, which keeps its service. */
  void moveTo(HostPort control) {
    remote.reload(unencrypted().remoteSettings(Optional.of(control), "127.0.0.1:0"));
  }

  /** Starts an origin proxy. */
  Roles origin(HostPort control, HostPort server) {
    var settings =
        unencrypted()
            .retryingWithin(Duration.ofSeconds(1))
            .originSettings(server, new RemoteAddress.Direct(control));
    origin =
        new OriginProxy(
            settings,
            (dialer, deadlines, counters) ->
                new TrpOriginDialect(settings, dialer, deadlines, counters, log.log()),
            (service, address) -> {},
            log.log());
    Threads.start("origin proxy", () -> end.complete(origin.run()));
    return this;
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
