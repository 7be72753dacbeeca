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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Either role, or both, with this dialect, and what they log. */
final class Roles implements AutoCloseable {

  private final TestLog log = new TestLog();
  private final CompletableFuture<OriginProxy.End> end = new CompletableFuture<>();
  private RemoteProxy remote;
  private OriginProxy origin;

  private static RolePair.Options unsealed() {
    return new RolePair.Options().secrets(null, null);
  }

  /** Starts a remote proxy that gives a visitor so long to have its data connection. */
  Roles remote(Duration openTimeout) throws IOException {
    var settings = unsealed().openTimeout(openTimeout).remoteSettings();
    remote =
        RemoteProxy.start(settings, deadlines -> new TrpDialect("default", deadlines), log.log());
    return this;
  }

  /** Starts an origin proxy. */
  Roles origin(HostPort control, HostPort server) {
    var settings =
        unsealed()
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

  HostPort outside() {
    return remote.outsideAddresses().get("default");
  }

  /** Waits for so many log lines that contain the words. */
  void awaitLog(int times, String... words) throws Exception {
    log.await(times, words);
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
