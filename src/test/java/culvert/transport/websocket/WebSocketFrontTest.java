package culvert.transport.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import culvert.config.WebSocketSettings;
import culvert.net.BufferPool;
import culvert.net.Connection;
import culvert.net.Dialer;
import culvert.net.HostPort;
import culvert.net.SocketConnection;
import culvert.net.Threads;
import culvert.protocol.PeerNames;
import culvert.testing.LeakCheck;
import culvert.testing.Nginx;
import culvert.testing.RandomBytes;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The transport behind nginx and with the WebSocket client of the JDK. */
@ExtendWith(LeakCheck.class)
@Timeout(120)
class WebSocketFrontTest {

  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final long BULK_BYTES = 8L << 20;
  private static final WebSocketSettings SETTINGS =
      new WebSocketSettings("/tunnel", Optional.empty());

  private final BufferPool pool = new BufferPool();
  private ServerSocketChannel listener;
  private HostPort upstream;

  @BeforeEach
  void listen() throws IOException {
    listener = ServerSocketChannel.open();
    listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    upstream = new HostPort("127.0.0.1", listener.socket().getLocalPort());
  }

  @AfterEach
  void unlisten() throws IOException {
    listener.close();
  }

  /** Accepts the next connection and performs the handshake. */
  private FutureTask<Connection> accepting() {
    var task =
        new FutureTask<>(() -> {
          var carrier = new SocketConnection(listener.accept(), pool);
          try {
            return new WebSocketServer(
                    SETTINGS, PeerNames.ORIGIN_PROXY, WebSocketBehavior.NATIVE, pool)
                .wrap(carrier);
          } catch (IOException e) {
            carrier.close();
            throw e;
          }
        });
    Threads.start("accepting", task);
    return task;
  }

  private Connection dial(HostPort front, String path) throws IOException {
    SocketConnection carrier = new Dialer(pool).connect(front, LIMIT);
    var settings = new WebSocketSettings(path, Optional.empty());
    try {
      return new WebSocketClient(
              settings, front, PeerNames.REMOTE_PROXY, false, WebSocketBehavior.NATIVE, pool)
          .wrap(carrier);
    } catch (IOException e) {
      carrier.close();
      throw e;
    }
  }

  private static <T> T soon(FutureTask<T> task) throws Exception {
    return task.get(30, TimeUnit.SECONDS);
  }

  @Test
  void nginxForwardsBytesAndHalfClosesInBothDirections() throws Exception {
    try (var nginx = Nginx.start(Nginx.webSocket("/tunnel", upstream))) {
      var accepting = accepting();
      try (Connection near = dial(nginx.address(), "/tunnel");
          Connection far = soon(accepting)) {
        near.output().write(new byte[] {1});
        assertThat(far.input().read()).isEqualTo(1);
        far.output().write(new byte[] {2});
        assertThat(near.input().read()).isEqualTo(2);
        near.closeOutput();
        assertThat(far.input().read()).isEqualTo(-1);
        far.output().write(new byte[100_000]);
        far.closeOutput();
        assertThat(near.input().readAllBytes()).hasSize(100_000);
      }
    }
  }

  @Test
  void nginxForwardsBulkInBothDirectionsAtOnce() throws Exception {
    try (var nginx = Nginx.start(Nginx.webSocket("/tunnel", upstream))) {
      var accepting = accepting();
      try (Connection near = dial(nginx.address(), "/tunnel");
          Connection far = soon(accepting)) {
        var up = WebSocketPair.sending(near, 1, BULK_BYTES);
        var down = WebSocketPair.sending(far, 2, BULK_BYTES);
        var received = new FutureTask<>(() -> RandomBytes.receive(far.input()));
        Threads.start("receiving", received);
        assertThat(RandomBytes.receive(near.input())).isEqualTo(soon(down));
        assertThat(soon(received)).isEqualTo(soon(up));
      }
    }
  }

  @Test
  void resetByEitherSideOrByNginxIsNoCleanEnd() throws Exception {
    for (String end : new String[] {"near", "far", "nginx"}) {
      try (var nginx = Nginx.start(Nginx.webSocket("/tunnel", upstream))) {
        var accepting = accepting();
        try (Connection near = dial(nginx.address(), "/tunnel");
            Connection far = soon(accepting)) {
          near.output().write(1);
          assertThat(far.input().read()).isEqualTo(1);
          switch (end) {
            case "near" -> near.reset();
            case "far" -> far.reset();
            default -> nginx.kill();
          }
          if (!end.equals("near")) {
            assertThatThrownBy(() -> near.input().read()).as(end).isInstanceOf(IOException.class);
          }
          if (!end.equals("far")) {
            assertThatThrownBy(() -> far.input().read())
                .as(end)
                .isInstanceOf(EOFException.class)
                .hasMessageContaining("without a WebSocket Close frame");
          }
        }
      }
    }
  }

  @Test
  void misconfiguredNginxIsExplained() throws Exception {
    HostPort unused;
    try (var gone = ServerSocketChannel.open()) {
      gone.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      unused = new HostPort("127.0.0.1", gone.socket().getLocalPort());
    }
    try (var nginx =
        Nginx.start(
            Nginx.webSocket("/down", unused),
            Nginx.location("/tunnel", upstream),
            "location /moved { return 301 https://elsewhere.example/; }")) {
      assertThatThrownBy(() -> dial(nginx.address(), "/down"))
          .hasMessage(
              "the remote proxy answered 502 Bad Gateway instead of opening a WebSocket: is it"
                  + " running behind the proxy in front of it, with path '/down'?");
      assertThatThrownBy(() -> dial(nginx.address(), "/moved"))
          .hasMessage(
              "the remote proxy answered 301 Moved Permanently instead of opening a WebSocket: it"
                  + " redirects to 'https://elsewhere.example/'; use that address if it is the"
                  + " right one");
      assertThatThrownBy(() -> dial(nginx.address(), "/other"))
          .hasMessage(
              "the remote proxy answered 404 Not Found instead of opening a WebSocket: is '/other'"
                  + " its --ws-path?");
      var accepting = accepting();
      assertThatThrownBy(() -> dial(nginx.address(), "/tunnel"))
          .as("a location that does not forward Upgrade")
          .hasMessageContaining("505 HTTP Version Not Supported instead of opening a WebSocket")
          .hasMessageContaining(
              "response: 'Only HTTP/1.1 is supported; a proxy in front must use it");
      assertThatThrownBy(() -> soon(accepting))
          .hasRootCauseMessage("this is an HTTP client, not a WebSocket client");
    }
  }

  /** Collects received messages and pongs as text, and the status code of the Close. */
  private static final class Listener implements WebSocket.Listener {
    private final LinkedBlockingQueue<String> received = new LinkedBlockingQueue<>();
    private final CompletableFuture<Integer> closed = new CompletableFuture<>();

    @Override
    public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
      byte[] bytes = new byte[data.remaining()];
      data.get(bytes);
      received.add(new String(bytes));
      socket.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onPong(WebSocket socket, ByteBuffer data) {
      received.add("pong " + data.remaining());
      socket.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
      closed.complete(code);
      return null;
    }

    String next() throws InterruptedException {
      return received.poll(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void jdkClientExchangesDataWithTheServer() throws Exception {
    try (var http = HttpClient.newHttpClient()) {
      exchange(http, URI.create("ws://" + upstream + "/tunnel?query"));
    }
  }

  private void exchange(HttpClient http, URI uri) throws Exception {
    var accepting = accepting();
    var listener = new Listener();
    WebSocket client =
        http.newWebSocketBuilder().buildAsync(uri, listener).get(20, TimeUnit.SECONDS);
    try (Connection server = soon(accepting)) {
      var echo =
          new FutureTask<>(() -> {
            long n = server.input().transferTo(server.output());
            server.closeOutput();
            return n;
          });
      Threads.start("echo", echo);
      client.sendBinary(ByteBuffer.wrap("one ".getBytes()), false).join();
      assertThat(listener.next()).isEqualTo("one ");
      client.sendPing(ByteBuffer.allocate(5)).join();
      assertThat(listener.next()).isEqualTo("pong 5");
      client.sendBinary(ByteBuffer.wrap("two".getBytes()), true).join();
      assertThat(listener.next()).isEqualTo("two");
      client.sendClose(WebSocket.NORMAL_CLOSURE, "done").join();
      assertThat(soon(echo)).isEqualTo(7);
      assertThat(listener.closed.get(10, TimeUnit.SECONDS)).isEqualTo(1000);
    }
  }

  @Test
  void jdkClientReceivesTheErrorStatus() throws Exception {
    try (var http = HttpClient.newHttpClient()) {
      var accepting = accepting();
      assertThatThrownBy(() ->
              http.newWebSocketBuilder()
                  .buildAsync(URI.create("ws://" + upstream + "/other"), new Listener())
                  .get(20, TimeUnit.SECONDS))
          .hasCauseInstanceOf(WebSocketHandshakeException.class)
          .satisfies(e ->
              assertThat(((WebSocketHandshakeException) e.getCause()).getResponse().statusCode())
                  .isEqualTo(404));
      assertThatThrownBy(() -> soon(accepting))
          .hasRootCauseMessage(
              "an invalid WebSocket request, answered 404 Not Found: path '/other' requested,"
                  + " '/tunnel' expected");
    }
  }

  @Test
  void browserReceivesAnExplanation() throws Exception {
    try (var http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      var accepting = accepting();
      var response =
          http.send(
              HttpRequest.newBuilder(URI.create("http://" + upstream + "/tunnel")).build(),
              BodyHandlers.ofString());
      assertThat(response.statusCode()).isEqualTo(426);
      assertThat(response.headers().firstValue("Upgrade")).contains("websocket");
      assertThat(response.body())
          .startsWith("This is a tunnel's control port and expects WebSocket;");
      assertThatThrownBy(() -> soon(accepting))
          .hasRootCauseMessage("this is an HTTP client, not a WebSocket client");
    }
  }

  /** nginx terminates TLS; the server behind it uses plain HTTP. */
  @Test
  void jdkClientReachesTheServerThroughTlsAndNginx(@TempDir Path folder) throws Exception {
    Nginx.Identity identity = selfSigned(folder);
    try (var nginx = Nginx.start(Optional.of(identity), Nginx.webSocket("/tunnel", upstream));
        var http = HttpClient.newBuilder().sslContext(trusting(identity)).build()) {
      exchange(http, URI.create("wss://localhost:" + nginx.address().port() + "/tunnel"));
    }
  }

  private static Nginx.Identity selfSigned(Path folder) throws Exception {
    Path openssl = Path.of("/usr/bin/openssl");
    assumeTrue(Files.isExecutable(openssl));
    var identity = new Nginx.Identity(folder.resolve("cert.pem"), folder.resolve("key.pem"));
    Process generator =
        new ProcessBuilder(
                "" + openssl,
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=localhost",
                "-addext",
                "subjectAltName=DNS:localhost",
                "-keyout",
                "" + identity.key(),
                "-out",
                "" + identity.certificate())
            .redirectErrorStream(true)
            .start();
    String output = new String(generator.getInputStream().readAllBytes());
    assertThat(generator.waitFor()).as(output).isZero();
    return identity;
  }

  private static SSLContext trusting(Nginx.Identity identity) throws Exception {
    var store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null);
    try (var file = Files.newInputStream(identity.certificate())) {
      store.setCertificateEntry(
          "it", CertificateFactory.getInstance("X.509").generateCertificate(file));
    }
    var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    var context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }
}
