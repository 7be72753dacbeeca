package culvert.cli;

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
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The hidden web server of the demo. The JDK's server knows no PROXY header, so a listener in front
 * of it reads the header, as HAProxy or nginx would, and remembers whose connection is whose.
 */
final class DemoServer implements AutoCloseable, Listener.Handler {

  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final Deadlines deadlines = new Deadlines();
  private final BufferPool pool = new BufferPool();
  private final Map<Integer, InetSocketAddress> visitors = new ConcurrentHashMap<>();
  private final Map<String, String> facts = new ConcurrentSkipListMap<>();
  private final HttpServer server;
  private final Listener front;

  private DemoServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.setExecutor(Executors.newThreadPerTaskExecutor(Threads.factory("demo request")));
    front = Listener.bind(new HostPort("127.0.0.1", 0), "demo", pool, this);
  }

  static DemoServer start() throws IOException {
    var demo = new DemoServer();
    demo.server.start();
    demo.front.start();
    return demo;
  }

  /** Where the origin proxy finds it. */
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
      visitors.put(web.local().getPort(), visitor);
      try {
        new Relay("demo", connection, web, deadlines, LIMIT).run();
      } finally {
        visitors.remove(web.local().getPort());
      }
    } catch (IOException e) {
      connection.reset();
    }
  }

  @Override
  public void acceptFailed(IOException cause, Duration pause, boolean first) {
    // A demo that cannot accept shows it by not answering.
  }

  private void answer(HttpExchange exchange) throws IOException {
    InetSocketAddress seen = exchange.getRemoteAddress();
    InetSocketAddress visitor = visitors.getOrDefault(seen.getPort(), seen);
    byte[] body = page(visitor, seen, exchange).getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
    exchange.sendResponseHeaders(200, body.length);
    try (var out = exchange.getResponseBody()) {
      out.write(body);
    }
  }

  private String page(InetSocketAddress visitor, InetSocketAddress seen, HttpExchange exchange) {
    var page = new StringBuilder("This page comes from a server that nobody can reach.\n\n");
    line(page, "you are", HostPort.of(visitor) + ", as the PROXY header tells the server");
    line(page, "you asked for", exchange.getRequestMethod() + " " + exchange.getRequestURI());
    line(page, "connected from", HostPort.of(seen) + ", which is this side of the tunnel");
    facts.forEach((name, value) -> line(page, name, value));
    return page.toString();
  }

  private static void line(StringBuilder page, String name, String value) {
    page.append(String.format("  %-16s %s%n", name, value));
  }

  /** Adds a line to the page. */
  void tell(String name, String value) {
    facts.put(name, value);
  }

  @Override
  public void close() {
    front.close();
    server.stop(0);
    ((ExecutorService) server.getExecutor()).close();
    deadlines.close();
  }
}
