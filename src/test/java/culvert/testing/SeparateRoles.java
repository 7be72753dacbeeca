package culvert.testing;

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

/** Remote proxies and origin proxies, each to be started and ended by itself, with one log. */
public final class SeparateRoles implements AutoCloseable {

  private final TestLog log = new TestLog();

  /** A remote proxy that serves. */
  public RemoteProxy remote(RolePair.Options options) throws IOException {
    return RemoteProxy.start(options.remoteSettings(), log.log());
  }

  /** The same, which has a control address besides its meetings. */
  public RemoteProxy remoteWithControl(RolePair.Options options) throws IOException {
    var control = Optional.of(new HostPort("127.0.0.1", 0));
    return RemoteProxy.start(options.remoteSettings(control, "127.0.0.1:0"), log.log());
  }

  /** The same without a control address, whose visitors come in at any address of the machine. */
  public RemoteProxy remoteOnEveryAddress(RolePair.Options options) throws IOException {
    return RemoteProxy.start(options.remoteSettings(Optional.empty(), "0.0.0.0:0"), log.log());
  }

  /** An origin proxy that runs. */
  public static final class Origin implements AutoCloseable {
    private final OriginProxy proxy;
    private final CompletableFuture<OriginProxy.End> end = new CompletableFuture<>();

    private final CompletableFuture<String> announced = new CompletableFuture<>();

    private Origin(OriginSettings settings, Log log) {
      proxy =
          new OriginProxy(
              settings, (service, address) -> announced.complete(service + "=" + address), log);
      Threads.start("origin proxy", () -> end.complete(proxy.run()));
    }

    /** Whether it has not ended. */
    public boolean isRunning() {
      return !end.isDone();
    }

    /** The first line about a public address. */
    public String announced() throws Exception {
      return announced.get(RolePair.LIMIT.toSeconds(), TimeUnit.SECONDS);
    }

    /** How it ended. */
    public OriginProxy.End end() throws Exception {
      return end.get(RolePair.LIMIT.toSeconds(), TimeUnit.SECONDS);
    }

    /** Ends it, and waits for that. */
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

  /** An origin proxy that joins from now on. */
  public Origin origin(HostPort server, RolePair.Options options, RemoteAddress remote) {
    return new Origin(options.originSettings(server, remote), log.log());
  }

  /** What all have logged so far. */
  public String log() {
    return log.text();
  }

  /** Waits for a log line that contains all the words. */
  public void awaitLog(String... words) throws Exception {
    log.await(words);
  }

  @Override
  public void close() {
    log.close();
  }
}
