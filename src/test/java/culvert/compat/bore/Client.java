package culvert.compat.bore;

import culvert.config.BoreAccess;
import culvert.config.BoreSecret;
import culvert.config.BounceAccess;
import culvert.config.Bounds;
import culvert.config.OriginSettings;
import culvert.config.RemoteAddress;
import culvert.config.ServiceAddress;
import culvert.config.Timing;
import culvert.config.TransportSettings;
import culvert.net.HostPort;
import culvert.origin.OriginProxy;
import culvert.testing.TestLog;
import culvert.testing.Tunnel;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The origin role with bore's dialect, and what it logs. */
final class Client implements AutoCloseable {

  /** What a test may want different from the usual. */
  static final class Options {
    int port;
    String secret;
    boolean once;
    int visitors = 4096;
    Duration connectTimeout = Tunnel.LIMIT;
    Duration silence = Tunnel.LIMIT;

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

    Options visitors(int most) {
      visitors = most;
      return this;
    }

    Options connectTimeout(Duration limit) {
      connectTimeout = limit;
      return this;
    }

    Options silence(Duration limit) {
      silence = limit;
      return this;
    }
  }

  private final TestLog log = new TestLog();
  private final BlockingQueue<HostPort> announced = new LinkedBlockingQueue<>();
  private final CompletableFuture<OriginProxy.End> end = new CompletableFuture<>();
  private final OriginProxy role;

  /** Runs at once. */
  Client(HostPort server, HostPort local, Options options) {
    OriginSettings settings = settings(server, local, options);
    var access =
        new BoreAccess(options.port, Optional.ofNullable(options.secret).map(BoreSecret::of));
    role =
        new OriginProxy(
            settings,
            (dialer, deadlines, counters) ->
                new BoreOriginDialect(settings, access, dialer, deadlines, counters, log.log()),
            (service, address) -> announced.add(address),
            log.log());
    Thread.ofVirtual().name("bore local").start(() -> end.complete(role.run()));
  }

  private static OriginSettings settings(HostPort server, HostPort local, Options options) {
    Timing usual = Timing.DEFAULT;
    return new OriginSettings(
        new RemoteAddress.Direct(server),
        BounceAccess.DEFAULT,
        List.of(new ServiceAddress("bore", local)),
        OptionalInt.empty(),
        "bore",
        Optional.empty(),
        TransportSettings.DEFAULT,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        options.connectTimeout,
        Duration.ofSeconds(1),
        options.once,
        new Timing(
            Duration.ofSeconds(10),
            Duration.ofMillis(100),
            options.silence,
            Tunnel.LIMIT,
            Tunnel.LIMIT,
            usual.logPeriod()),
        new Bounds(
            options.visitors, 512, Bounds.DEFAULT.streamBytes(), Bounds.DEFAULT.bufferedBytes()));
  }

  /** Where visitors come in, at the next login. */
  HostPort announced() throws Exception {
    HostPort address = announced.poll(Tunnel.LIMIT.toSeconds(), TimeUnit.SECONDS);
    if (address == null) {
      throw new AssertionError("nothing was announced:\n" + log());
    }
    return address;
  }

  OriginProxy role() {
    return role;
  }

  OriginProxy.End end() throws Exception {
    return end.get(Tunnel.LIMIT.toSeconds(), TimeUnit.SECONDS);
  }

  String log() {
    return log.text();
  }

  /** Waits for a log line that contains all the words. */
  void awaitLog(String... words) throws Exception {
    log.await(words);
  }

  @Override
  public void close() {
    role.close();
    end.orTimeout(Tunnel.LIMIT.toSeconds(), TimeUnit.SECONDS).join();
    log.close();
  }
}
