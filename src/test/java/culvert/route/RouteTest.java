package culvert.route;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.BounceAuthentication;
import culvert.config.BounceCredentials;
import culvert.config.GroupAddress;
import culvert.config.GroupNumber;
import culvert.config.OutboundProxy;
import culvert.config.TransportKind;
import culvert.config.WebSocketSettings;
import culvert.net.BufferPool;
import culvert.net.Cancellation;
import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.net.Dialer;
import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.protocol.PeerNames;
import culvert.protocol.bounce.BounceGreeting;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.PairingBounceServer;
import culvert.testing.TestServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Routes into a channel group: through a proxy, and cancelled. */
@ExtendWith(LeakCheck.class)
@Timeout(30)
class RouteTest {

  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  private final Deadlines deadlines = new Deadlines();

  @AfterEach
  void close() {
    deadlines.close();
  }

  private Route route(HostPort server, Optional<OutboundProxy> proxy) {
    var pool = new BufferPool();
    var access =
        new BounceCredentials(
            Optional.of(BounceAuthentication.of("hello")),
            Optional.empty(),
            WebSocketSettings.DEFAULT);
    var group =
        new GroupConnector(
            new GroupAddress(TransportKind.PLAIN, server, new GroupNumber(1)),
            access,
            BounceGreeting.AS_IMPLEMENTED,
            PeerNames.BOUNCE_SERVER,
            pool,
            line -> {});
    return Route.into(group, proxy, TIMEOUT, new Dialer(pool), deadlines);
  }

  /** A proxy that implements CONNECT (RFC 9110, section 9.3.6) and records the target. */
  private static TestServer proxy(CompletableFuture<String> requested) throws IOException {
    return new TestServer(client -> {
      var head = new StringBuilder();
      while (head.indexOf("\r\n\r\n") < 0) {
        head.append((char) client.getInputStream().read());
      }
      String target = head.toString().split(" ")[1];
      requested.complete(target);
      HostPort address = HostPort.parse(target);
      try (var server = new Socket(address.host(), address.port())) {
        client.getOutputStream().write("HTTP/1.1 200 OK\r\n\r\n".getBytes(StandardCharsets.UTF_8));
        Thread back =
            Thread.ofVirtual()
                .start(() -> {
                  try {
                    server.getInputStream().transferTo(client.getOutputStream());
                  } catch (IOException e) {
                    // The test is over.
                  }
                });
        client.getInputStream().transferTo(server.getOutputStream());
        server.shutdownOutput();
        back.join();
      }
    });
  }

  @Test
  void groupIsReachedThroughAProxy() throws Exception {
    var requested = new CompletableFuture<String>();
    try (var bounce = new PairingBounceServer("hello");
        var proxy = proxy(requested)) {
      var via = Optional.of(OutboundProxy.parse("http://" + proxy.address()));
      Connection proxied = route(bounce.address(), via).connect(new Cancellation());
      Connection direct = route(bounce.address(), Optional.empty()).connect(new Cancellation());
      proxied.output().write('a');
      assertThat(direct.input().read()).isEqualTo('a');
      direct.output().write('b');
      assertThat(proxied.input().read()).isEqualTo('b');
      assertThat(requested.get()).isEqualTo(bounce.address().toString());
      proxied.close();
      direct.close();
    }
  }

  @Test
  void cancellationEndsTheWaitForTheBanner() throws Exception {
    try (var silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var cancellation = new Cancellation();
      var failure = new CompletableFuture<Throwable>();
      var route = route(new HostPort("127.0.0.1", silent.getLocalPort()), Optional.empty());
      Thread client =
          Threads.start(
              "client",
              () -> {
                try {
                  route.connect(cancellation).close();
                  failure.complete(null);
                } catch (IOException e) {
                  failure.complete(e);
                }
              });
      try (Socket accepted = silent.accept()) {
        Eventually.within(
            TIMEOUT,
            () ->
                assertThat(client.getStackTrace())
                    .anyMatch(
                        frame -> frame.getClassName().equals(GroupConnector.class.getName())));
        cancellation.cancel();
        assertThat(failure.get(TIMEOUT.toSeconds(), TimeUnit.SECONDS))
            .isInstanceOf(IOException.class)
            .hasMessageContaining("bounce://127.0.0.1:" + silent.getLocalPort() + "/1");
        assertThat(accepted.getInputStream().read()).as("end of the connection").isEqualTo(-1);
      }
    }
  }
}
