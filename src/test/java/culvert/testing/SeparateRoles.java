package culvert.testing;

import culvert.cli.OriginProxies;
import culvert.cli.RemoteEndpoints;
import culvert.config.OriginSettings;
import culvert.config.RemoteAddress;
import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.observe.Log;
import culvert.origin.OriginProxy;
import culvert.remote.RemoteProxy;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Remote and origin proxies that are started and stopped independently and share one log. */
public final class SeparateRoles implements AutoCloseable {

  private final TestLog log = new TestLog();

  /** Starts a remote proxy. */
  public RemoteProxy remote(RolePair.Options options) throws IOException {
    return RemoteEndpoints.start(options.remoteSettings(), log.log());
  }

  /** Starts a remote proxy that has a control address in addition to its bounce groups. */
  public RemoteProxy remoteWithControl(RolePair.Options options) throws IOException {
    var control = Optional.of(new HostPort("127.0.0.1", 0));
    return RemoteEndpoints.start(options.remoteSettings(control, "127.0.0.1:0"), log.log());
  }

  /** Starts a remote proxy with these services, each as {@code NAME=ADDRESS}. */
  public RemoteProxy remote(RolePair.Options options, String... services) throws IOException {
    var control = Optional.of(new HostPort("127.0.0.1", 0));
    return RemoteEndpoints.start(options.remoteSettings(control, services), log.log());
  }

  /** Starts a remote proxy without a control address that accepts visitors on every address. */
  public RemoteProxy remoteOnEveryAddress(RolePair.Options options) throws IOException {
    return RemoteEndpoints.start(options.remoteSettings(Optional.empty(), "0.0.0.0:0"), log.log());
  }

  /** A running origin proxy. */
  public static final class Origin implements AutoCloseable {
    private final OriginProxy proxy;
    private final CompletableFuture<OriginProxy.End> end = new CompletableFuture<>();

    private final CompletableFuture<String> announced = new CompletableFuture<>();

    private Origin(OriginSettings settings, Log log) {
      proxy =
          OriginProxies.of(
              settings, (service, address, at) -> announced.complete(service + "=" + address), log);
      Threads.start("origin proxy", () -> end.complete(proxy.run()));
    }

    /** Returns whether the origin proxy still runs. */
    public boolean isRunning() {
      return !end.isDone();
    }

    /** Waits for the first line that announces a public address and returns it. */
    public String announced() throws Exception {
      return announced.get(RolePair.LIMIT.toSeconds(), TimeUnit.SECONDS);
    }

    /** Waits for the end of the origin proxy and returns its reason. */
    public OriginProxy.End end() throws Exception {
      return end.get(RolePair.LIMIT.toSeconds(), TimeUnit.SECONDS);
    }

    /** Stops the origin proxy and waits for its end. */
    public void stop() {
      proxy.close();
      try {
        end();
      } catch (Exception e) {
        throw new IllegalStateException("the origin proxy did not end", e);
      }
    }

    @Override
    public void close() {
      stop();
    }
  }

  /** Starts an origin proxy. */
  public Origin origin(HostPort server, RolePair.Options options, RemoteAddress remote) {
    return new Origin(options.originSettings(server, remote), log.log());
  }

  /** Returns all lines logged so far. */
  public String log() {
    return log.text();
  }

  /** Waits for a log line that contains all parts. */
  public void awaitLog(String... parts) throws Exception {
    log.await(parts);
  }

  @Override
  public void close() {
    log.close();
  }
}
