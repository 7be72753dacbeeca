package culvert.cli.demo;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import culvert.net.BufferPool;
import culvert.net.Deadlines;
import culvert.net.Dialer;
import culvert.net.HostPort;
import culvert.net.Listener;
import culvert.net.ProxyHeader;
import culvert.net.Relay;
import culvert.net.SocketConnection;
import culvert.net.Threads;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The origin server of the demo. The JDK's HTTP server does not read PROXY headers, so a listener
 * in front of it does, and keeps the addresses of each connection.
 */
final class DemoServer implements AutoCloseable, Listener.Handler<SocketConnection> {

  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final String CONTENT_POLICY =
      "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

  /** Addresses of a visitor and of the origin proxy's connection that carries it. */
  private record Arrival(HostPort visitor, HostPort originProxy) {}

  private final Deadlines deadlines = new Deadlines();
  private final BufferPool pool = new BufferPool();
  private final Map<Integer, Arrival> arrivals = new ConcurrentHashMap<>();
  private final HttpServer server;
  private final Listener front;
  private volatile DemoTunnel tunnel;

  private DemoServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.setExecutor(Executors.newThreadPerTaskExecutor(Threads.factory("demo request")));
    front = Listener.bind(new HostPort("127.0.0.1", 0), "demo", pool, this);
  }

  /** Binds the port, so that connections queue until {@link #start}. */
  static DemoServer bind() throws IOException {
    return new DemoServer();
  }

  /** Begins to accept, once the tunnel that the page shows is up. */
  void start(DemoTunnel tunnel) {
    this.tunnel = tunnel;
    server.start();
    front.start();
  }

  /** Returns the address that the origin proxy connects to. */
  HostPort address() {
    return HostPort.of(front.address());
  }

  @Override
  public void handle(SocketConnection connection) {
    var deadline = deadlines.after(LIMIT, connection::close);
    try {
      InetSocketAddress visitor = ProxyHeader.read(connection.input()).orElse(connection.peer());
      deadline.cancel();
      SocketConnection web = new Dialer(pool).connect(HostPort.of(server.getAddress()), LIMIT);
      int port = web.local().getPort();
      arrivals.put(port, new Arrival(HostPort.of(visitor), HostPort.of(connection.peer())));
      try {
        new Relay("demo", connection, web, deadlines, LIMIT).run();
      } finally {
        arrivals.remove(port);
      }
    } catch (IOException e) {
      connection.reset();
    }
  }

  @Override
  public void acceptFailed(IOException cause, Duration pause, boolean first) {
    // The demo's own request fails by its time limit.
  }

  private void answer(HttpExchange exchange) throws IOException {
    DemoPage page = page(exchange);
    boolean html = acceptsHtml(exchange);
    byte[] body = (html ? page.html() : page.text()).getBytes(StandardCharsets.UTF_8);
    var headers = exchange.getResponseHeaders();
    headers.set("Content-Type", html ? "text/html; charset=utf-8" : "text/plain; charset=utf-8");
    headers.set("Content-Security-Policy", CONTENT_POLICY);
    headers.set("Vary", "Accept");
    headers.set("Cache-Control", "no-store");
    boolean head = exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(200, head ? -1 : body.length);
    try (var out = exchange.getResponseBody()) {
      if (!head) {
        out.write(body);
      }
    }
  }

  private DemoPage page(HttpExchange exchange) {
    HostPort peer = HostPort.of(exchange.getRemoteAddress());
    Arrival arrival = arrivals.getOrDefault(peer.port(), new Arrival(peer, peer));
    String request = exchange.getRequestMethod() + " " + exchange.getRequestURI();
    return new DemoPage(tunnel, address(), arrival.visitor(), arrival.originProxy(), request);
  }

  /** Browsers name the type; curl accepts any, and shows plain text better. */
  private static boolean acceptsHtml(HttpExchange exchange) {
    List<String> accept = exchange.getRequestHeaders().get("Accept");
    return accept != null && accept.stream().anyMatch(value -> value.contains("text/html"));
  }

  @Override
  public void close() {
    front.close();
    server.stop(0);
    ((ExecutorService) server.getExecutor()).close();
    deadlines.close();
  }
}
