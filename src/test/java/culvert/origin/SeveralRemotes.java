package culvert.origin;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.cli.OriginProxies;
import culvert.cli.RemoteEndpoints;
import culvert.config.OriginSettings;
import culvert.config.RemoteAddress;
import culvert.config.ServiceAddress;
import culvert.net.HostPort;
import culvert.net.TestResolver;
import culvert.net.Threads;
import culvert.remote.RemoteProxy;
import culvert.testing.Eventually;
import culvert.testing.RolePair;
import culvert.testing.TestClient;
import culvert.testing.TestLog;
import culvert.testing.TestServer;
import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Remote proxies, one origin proxy with a session at each, an echo server, and their log. */
final class SeveralRemotes {

  private final TestResolver resolver = new TestResolver();
  private final TestLog log = new TestLog();
  private final TestServer server = TestServer.echo();
  private final List<RemoteProxy> remotes = new ArrayList<>();
  private final CompletableFuture<OriginProxy.End> end = new CompletableFuture<>();
  private OriginProxy origin;

  /** Those of the origin proxy, if not the one of the options. */
  private String[] services = {};

  SeveralRemotes() throws IOException {}

  /** Starts a remote proxy on a free port. */
  RemoteProxy remote(RolePair.Options options) throws IOException {
    return remote(options, new HostPort("127.0.0.1", 0));
  }

  /** Starts a remote proxy at this control address. */
  RemoteProxy remote(RolePair.Options options, HostPort control) throws IOException {
    return remote(options, control, "127.0.0.1:0");
  }

  /** Starts a remote proxy at this control address with these services. */
  RemoteProxy remote(RolePair.Options options, HostPort control, String... outside)
      throws IOException {
    var settings = options.remoteSettings(Optional.of(control), outside);
    remotes.add(RemoteEndpoints.start(settings, log.log()));
    return remotes.getLast();
  }

  /** Sets the names of the origin proxy's services from the next start or reload on. */
  void services(String... names) {
    serve(Stream.of(names).map(name -> name + "=" + server.address()).toArray(String[]::new));
  }

  /** Sets the services of the origin proxy, as options have them, from the next start on. */
  void serve(String... texts) {
    services = texts;
  }

  /** Starts the origin proxy. */
  void start(RolePair.Options options, HostPort... addresses) {
    start(options, texts(addresses));
  }

  /** Starts the origin proxy; returns once it has begun a session at each of these addresses. */
  void startSessions(RolePair.Options options, HostPort... controls) throws Exception {
    start(options, controls);
    for (HostPort control : controls) {
      awaitSession(1, control);
    }
  }

  private static String[] texts(HostPort... addresses) {
    return Stream.of(addresses).map(HostPort::toString).toArray(String[]::new);
  }

  /** Starts the origin proxy, with the resolver of the test. */
  void start(RolePair.Options options, String... addresses) {
    create(options, addresses);
    run();
  }

  /** Creates the origin proxy, which does not run yet. */
  void create(RolePair.Options options, String... addresses) {
    OriginSettings settings = settings(options, addresses);
    origin =
        new OriginProxy(
            settings,
            OriginProxies.dialects(settings),
            pool -> resolver.dialer(pool),
            (service, address, remote) -> {},
            log.log());
  }

  /** Runs the origin proxy that was created. */
  void run() {
    Threads.start("origin proxy", () -> end.complete(origin.run()));
  }

  private OriginSettings settings(RolePair.Options options, String... addresses) {
    List<RemoteAddress> all = Stream.of(addresses).map(RemoteAddress::parse).toList();
    return services.length == 0
        ? options.originSettings(server.address(), all)
        : options.originSettings(all, services);
  }

  /** Changes the settings of the origin proxy. */
  void reload(RolePair.Options options, HostPort... addresses) {
    reload(options, texts(addresses));
  }

  /** Changes the settings of the origin proxy. */
  void reload(RolePair.Options options, String... addresses) {
    origin.reload(settings(options, addresses));
  }

  /** Sets the addresses that every name resolves to. */
  void resolve(String... addresses) throws IOException {
    resolver.answer(List.of(addresses));
  }

  /** Returns how many lookups there were. */
  int lookups() {
    return resolver.lookups();
  }

  /** Waits until the origin proxy has begun a session there for the given time. */
  void awaitSession(int times, HostPort control) throws Exception {
    log.await(times, "session started", "remote_proxy=" + control);
  }

  /** Connects a visitor of this remote proxy, and checks that the origin server answers. */
  Socket visit(RemoteProxy remote) throws IOException {
    return visit(remote, ServiceAddress.DEFAULT_NAME);
  }

  /** Connects a visitor of a service, and checks that the origin server answers. */
  Socket visit(RemoteProxy remote, String service) throws IOException {
    Socket visitor = TestClient.dial(remote.outsideAddresses().get(service));
    try {
      TestClient.assertEchoes(visitor, "hello");
      return visitor;
    } catch (IOException | AssertionError e) {
      visitor.close();
      throw e;
    }
  }

  /** Waits until visitors of a service are served. */
  void awaitEcho(RemoteProxy remote, String service) throws Exception {
    Eventually.within(RolePair.LIMIT, () -> visit(remote, service).close());
  }

  OriginProxy origin() {
    return origin;
  }

  TestLog log() {
    return log;
  }

  /** Returns the number of log lines that contain the text. */
  long lines(String text) {
    return log.text().lines().filter(line -> line.contains(text)).count();
  }

  void assertRuns() {
    assertThat(end).isNotDone();
  }

  /** Waits for the end of the origin proxy. */
  OriginProxy.End end() throws Exception {
    return end.get(RolePair.LIMIT.toSeconds(), TimeUnit.SECONDS);
  }

  /** Ends all roles. */
  void close() throws Exception {
    if (origin != null) {
      origin.close();
      end();
    }
    remotes.forEach(RemoteProxy::close);
    server.close();
    log.close();
  }
}
