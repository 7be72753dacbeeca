package culvert.dialect.bore;

import culvert.config.BoreClientSettings;
import culvert.config.BoreSecret;
import culvert.config.OriginSettings;
import culvert.config.RemoteAddress;
import culvert.config.ResourceLimits;
import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.origin.Dialects;
import culvert.origin.OriginProxy;
import culvert.testing.RolePair;
import culvert.testing.TestLog;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** An origin proxy that uses the bore protocol, and its log. */
final class Client implements AutoCloseable {

  /** Options of a test; each has a default. */
  static final class Options {
    int port;
    String secret;
    boolean once;
    int visitors = 4096;
    Duration connectTimeout = RolePair.LIMIT;
    Duration silence = RolePair.LIMIT;

    Options port(int wanted) {
      port = wanted;
      return this;
    }

    Options secret(String text) {
      secret = text;
      return this;
    }

    Options once() {
      once = true;
      return this;
    }

    Options visitors(int max) {
      visitors = max;
      return this;
    }

    Options connectTimeout(Duration limit) {
      connectTimeout = limit;
      return this;
    }

    Options heartbeatTimeout(Duration limit) {
      silence = limit;
      return this;
    }
  }

  private final TestLog log = new TestLog();
  private final BlockingQueue<HostPort> announced = new LinkedBlockingQueue<>();
  private final CompletableFuture<OriginProxy.End> end = new CompletableFuture<>();
  private final OriginProxy role;

  /** Starts the role. */
  Client(HostPort server, HostPort local, Options options) {
    OriginSettings settings = settings(server, local, options);
    var access =
        new BoreClientSettings(
            options.port, Optional.ofNullable(options.secret).map(BoreSecret::of));
    role =
        new OriginProxy(
            settings,
            (dialer, role) ->
                Dialects.sharing(
                    new BoreOriginDialect(settings, () -> access, dialer, role, log.log())),
            (service, address, at) -> announced.add(address),
            log.log());
    Threads.start("bore local", () -> end.complete(role.run()));
  }

  static OriginSettings settings(HostPort server, HostPort local, Options options) {
    ResourceLimits bounds = ResourceLimits.DEFAULT;
    var usual =
        new RolePair.Options()
            .secrets(null, null)
            .name("bore")
            .offered("bore")
            .connectTimeout(options.connectTimeout)
            .handshake(Duration.ofSeconds(10))
            .heartbeat(Duration.ofMillis(100), options.silence)
            .bounds(
                new ResourceLimits(
                    options.visitors,
                    bounds.opens(),
                    bounds.streamBytes(),
                    bounds.bufferedBytes()));
    if (!options.once) {
      usual.retryingWithin(Duration.ofSeconds(1));
    }
    return usual.originSettings(local, new RemoteAddress.Direct(server));
  }

  /** Returns the address announced for visitors at the next login. */
  HostPort announced() throws Exception {
    HostPort address = announced.poll(RolePair.LIMIT.toSeconds(), TimeUnit.SECONDS);
    if (address == null) {
      throw new AssertionError("nothing was announced:\n" + log());
    }
    return address;
  }

  OriginProxy role() {
    return role;
  }

  OriginProxy.End end() throws Exception {
    return end.get(RolePair.LIMIT.toSeconds(), TimeUnit.SECONDS);
  }

  String log() {
    return log.text();
  }

  /** Blocks until a log line contains all the parts. */
  void awaitLog(String... parts) throws Exception {
    log.await(parts);
  }

  @Override
  public void close() {
    role.close();
    end.orTimeout(RolePair.LIMIT.toSeconds(), TimeUnit.SECONDS).join();
    log.close();
  }
}
