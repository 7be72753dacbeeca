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

/** Behind nginx, and with the JDK's own client: what others wrote understands it. */
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

  /** The next connection that comes, and what becomes of it. */
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
  void bytesAndHalfClosesPassNginxBothWays() throws Exception {
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
  void bulkPassesNginxBothWaysAtOnce() throws Exception {
    try (var nginx = Nginx.start(Nginx.webSocket("/tunnel", upstream))) {
      var accepting = accepting();
      try (Connection near = dial(nginx.address(), "/tunnel");
          Connection far = soon(accepting)) {
        var up = sending(near, 1);
        var down = sending(far, 2);
        var received = new FutureTask<>(() -> RandomBytes.receive(far.input()));
        Threads.start("receiving", received);
        assertThat(RandomBytes.receive(near.input())).isEqualTo(soon(down));
        assertThat(soon(received)).isEqualTo(soon(up));
      }
    }
  }

  private static FutureTask<Long> sending(Connection connection, long seed) {
    var task =
        new FutureTask<>(() -> {
          long sum = new RandomBytes(seed).send(connection.output(), BULK_BYTES).sum();
          connection.closeOutput();
          return sum;
        });
    Threads.start("sending", task);
    return task;
  }

  @Test
  void anAbruptEndOfEitherSideOrOfNginxIsNoCleanEnd() throws Exception {
    for (String who : new String[] {"near", "far", "nginx"}) {
      try (var nginx = Nginx.start(Nginx.webSocket("/tunnel", upstream))) {
        var accepting = accepting();
        try (Connection near = dial(nginx.address(), "/tunnel");
            Connection far = soon(accepting)) {
          near.output().write(1);
          assertThat(far.input().read()).isEqualTo(1);
          switch (who) {
            case "near" -> near.reset();
            case "far" -> far.reset();
            default -> nginx.kill();
          }
          if (!who.equals("near")) {
            assertThatThrownBy(() -> near.input().read()).as(who).isInstanceOf(IOException.class);
          }
          if (!who.equals("far")) {
            assertThatThrownBy(() -> far.input().read())
                .as(who)
                .isInstanceOf(EOFException.class)
                .hasMessageContaining("without a WebSocket Close");
          }
        }
      }
    }
  }

  @Test
  void aFrontThatLeadsNowhereOrElsewhereIsToldInASentence() throws Exception {
    HostPort nobody;
    try (var gone = ServerSocketChannel.open()) {
      gone.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      nobody = new HostPort("127.0.0.1", gone.socket().getLocalPort());
    }
    try (var nginx =
        Nginx.start(
            Nginx.webSocket("/down", nobody),
            Nginx.location("/tunnel", upstream),
            "location /moved { return 301 https://elsewhere.example/; }")) {
      assertThatThrownBy(() -> dial(nginx.address(), "/down"))
          .hasMessage(
              "the remote proxy answered 502 Bad Gateway instead of a WebSocket: is it up behind"
                  + " the proxy in front of it, and its path '/down'?");
      assertThatThrownBy(() -> dial(nginx.address(), "/moved"))
          .hasMessage(
              "the remote proxy answered 301 Moved Permanently instead of a WebSocket: it leads to"
                  + " 'https://elsewhere.example/'; give that address if it is the right one");
      assertThatThrownBy(() -> dial(nginx.address(), "/other"))
          .hasMessage(
              "the remote proxy answered 404 Not Found instead of a WebSocket: is '/other' its"
                  + " --ws-path?");
      var accepting = accepting();
      assertThatThrownBy(() -> dial(nginx.address(), "/tunnel"))
          .as("a location that passes no upgrade on")
          .hasMessageContaining("505 HTTP Version Not Supported instead of a WebSocket")
          .hasMessageContaining("it says 'This speaks HTTP/1.1 only, and so must a proxy in front");
      assertThatThrownBy(() -> soon(accepting))
          .hasRootCauseMessage("this is an HTTP client, not a WebSocket client");
    }
  }

  /** Collects what comes, in the form "bytes", and how it ended. */
  private static final class Listener implements WebSocket.Listener {
    private final LinkedBlockingQueue<String> heard = new LinkedBlockingQueue<>();
    private final CompletableFuture<Integer> closed = new CompletableFuture<>();

    @Override
    public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
      byte[] bytes = new byte[data.remaining()];
      data.get(bytes);
      heard.add(new String(bytes));
      socket.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onPong(WebSocket socket, ByteBuffer data) {
      heard.add("pong " + data.remaining());
      socket.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
      closed.complete(code);
      return null;
    }

    String next() throws InterruptedException {
      return heard.poll(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void theClientOfTheJdkUnderstandsTheServer() throws Exception {
    try (var http = HttpClient.newHttpClient()) {
      talk(http, URI.create("ws://" + upstream + "/tunnel?query"));
    }
  }

  private void talk(HttpClient http, URI uri) throws Exception {
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
  void theClientOfTheJdkIsToldWhatIsWrong() throws Exception {
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
              "a wrong WebSocket request, answered 404 Not Found: it is for '/other', not for"
                  + " '/tunnel'");
    }
  }

  @Test
  void aBrowserIsToldWhatThisIs() throws Exception {
    try (var http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      var accepting = accepting();
      var answer =
          http.send(
              HttpRequest.newBuilder(URI.create("http://" + upstream + "/tunnel")).build(),
              BodyHandlers.ofString());
      assertThat(answer.statusCode()).isEqualTo(426);
      assertThat(answer.headers().firstValue("Upgrade")).contains("websocket");
      assertThat(answer.body()).startsWith("This is a tunnel's control port and speaks WebSocket;");
      assertThatThrownBy(() -> soon(accepting))
          .hasRootCauseMessage("this is an HTTP client, not a WebSocket client");
    }
  }

  /** nginx ends TLS, and the server behind it does not know. */
  @Test
  void theClientOfTheJdkReachesTheServerThroughTlsAndNginx(@TempDir Path folder) throws Exception {
    Nginx.Identity identity = selfSigned(folder);
    try (var nginx = Nginx.start(Optional.of(identity), Nginx.webSocket("/tunnel", upstream));
        var http = HttpClient.newBuilder().sslContext(trusting(identity)).build()) {
      talk(http, URI.create("wss://localhost:" + nginx.address().port() + "/tunnel"));
    }
  }

  private static Nginx.Identity selfSigned(Path folder) throws Exception {
    Path openssl = Path.of("/usr/bin/openssl");
    assumeTrue(Files.isExecutable(openssl));
    var identity = new Nginx.Identity(folder.resolve("cert.pem"), folder.resolve("key.pem"));
    Process made =
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
    String said = new String(made.getInputStream().readAllBytes());
    assertThat(made.waitFor()).as(said).isZero();
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
