package culvert.compat.trp;

import culvert.config.Admission;
import culvert.config.BounceAccess;
import culvert.config.Bounds;
import culvert.config.OriginSettings;
import culvert.config.RemoteAddress;
import culvert.config.RemoteSettings;
import culvert.config.ServiceAddress;
import culvert.config.Timing;
import culvert.config.TransportSettings;
import culvert.net.HostPort;
import culvert.origin.OriginProxy;
import culvert.remote.RemoteProxy;
import culvert.testing.TestLog;
import culvert.testing.Tunnel;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Either role, or both, with this dialect, and what they log. */
final class Roles implements AutoCloseable {

  private static final HostPort ANY = new HostPort("127.0.0.1", 0);

  private final TestLog log = new TestLog();
  private final CompletableFuture<OriginProxy.End> end = new CompletableFuture<>();
  private RemoteProxy remote;
  private OriginProxy origin;

  /** Starts a remote proxy that gives a visitor so long to have its data connection. */
  Roles remote(Duration openTimeout) throws IOException {
    var settings =
        new RemoteSettings(
            Optional.of(ANY),
            List.of(),
            BounceAccess.DEFAULT,
            List.of(new ServiceAddress("default", ANY)),
            Optional.empty(),
            Optional.empty(),
            List.of(),
            TransportSettings.DEFAULT,
            Optional.empty(),
            openTimeout,
            List.of(),
            Admission.DEFAULT,
            Timing.DEFAULT,
            Bounds.DEFAULT);
    remote =
        RemoteProxy.start(settings, deadlines -> new TrpDialect("default", deadlines), log.log());
    return this;
  }

  /** Starts an origin proxy. */
  Roles origin(HostPort control, HostPort server) {
    var settings =
        new OriginSettings(
            new RemoteAddress.Direct(control),
            BounceAccess.DEFAULT,
            List.of(new ServiceAddress("default", server)),
            OptionalInt.empty(),
            "test",
            Optional.empty(),
            TransportSettings.DEFAULT,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Tunnel.LIMIT,
            Duration.ofSeconds(1),
            false,
            Timing.DEFAULT,
            Bounds.DEFAULT);
    origin =
        new OriginProxy(
            settings,
            (dialer, deadlines, counters) ->
                new TrpOriginDialect(settings, dialer, deadlines, counters, log.log()),
            (service, address) -> {},
            log.log());
    Thread.ofVirtual().name("origin proxy").start(() -> end.complete(origin.run()));
    return this;
  }

  RemoteProxy remote() {
    return remote;
  }

  HostPort outside() {
    return remote.outsideAddresses().get("default");
  }

  /** A connection to an address of a role's. */
  static Socket connect(HostPort address) throws IOException {
    var socket = new Socket(address.host(), address.port());
    socket.setSoTimeout((int) Tunnel.LIMIT.toMillis());
    return socket;
  }

  /** Waits for so many log lines that contain the words. */
  void awaitLog(int times, String... words) throws Exception {
    log.await(times, words);
  }

  @Override
  public void close() {
    if (origin != null) {
      origin.close();
      end.orTimeout(Tunnel.LIMIT.toSeconds(), TimeUnit.SECONDS).join();
    }
    if (remote != null) {
      remote.close();
    }
    log.close();
  }
}
