package culvert.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.config.OutboundProxy;
import culvert.net.BufferPool;
import culvert.net.Connection;
import culvert.net.Dialer;
import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.testing.LeakCheck;
import culvert.testing.ProxyProgram;
import culvert.testing.RandomBytes;
import culvert.testing.RolePair;
import culvert.testing.Seed;
import culvert.testing.TestServer;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Tunnels through tinyproxy and microsocks to an echo server. */
@ExtendWith(LeakCheck.class)
class RealProxyTest {

  private static final long BYTES = 8 << 20;

  private final Dialer dialer = new Dialer(new BufferPool());

  @Test
  void tinyproxyCarriesEightMegabytes() throws Exception {
    try (var proxy = ProxyProgram.tinyproxy()) {
      carriesBulk("http://" + proxy.address());
    }
  }

  @Test
  void tinyproxyWithAuthenticationCarriesEightMegabytes() throws Exception {
    try (var proxy = ProxyProgram.tinyproxy("BasicAuth alice open-sesame")) {
      carriesBulk("http://alice:open-sesame@" + proxy.address());
    }
  }

  @Test
  void microsocksCarriesEightMegabytes() throws Exception {
    try (var proxy = ProxyProgram.microsocks()) {
      carriesBulk("socks5://" + proxy.address());
    }
  }

  @Test
  void microsocksWithAuthenticationCarriesEightMegabytes() throws Exception {
    try (var proxy = ProxyProgram.microsocks("-u", "alice", "-P", "open-sesame")) {
      carriesBulk("socks5://alice:open-sesame@" + proxy.address());
    }
  }

  @Test
  void tinyproxyReportsMissingCredentials() throws Exception {
    try (var proxy = ProxyProgram.tinyproxy("BasicAuth alice open-sesame")) {
      assertRefused(
          "http://" + proxy.address(),
          "the proxy <P> refused to connect to <T>: 407 Proxy Authentication Required;"
              + " pass a user and password as http://USER:PASSWORD@<P>");
    }
  }

  @Test
  void tinyproxyReportsWrongPassword() throws Exception {
    try (var proxy = ProxyProgram.tinyproxy("BasicAuth alice open-sesame")) {
      assertRefused(
          "http://alice:hunter2@" + proxy.address(),
          "the proxy <P> refused to connect to <T>: 401 Unauthorized;"
              + " it rejected the user and password");
    }
  }

  @Test
  void tinyproxyReportsForbiddenPort() throws Exception {
    try (var proxy = ProxyProgram.tinyproxy("ConnectPort 443")) {
      assertRefused(
          "http://" + proxy.address(),
          "the proxy <P> does not allow connections to <T>: 403 Access violation;"
              + " many proxies allow port 443 only");
    }
  }

  @Test
  void tinyproxyReportsUnreachableTarget() throws Exception {
    try (var proxy = ProxyProgram.tinyproxy()) {
      assertUnreachable(
          "http://" + proxy.address(),
          "the proxy <P> refused to connect to <T>: 500 Unable to connect");
    }
  }

  @Test
  void microsocksReportsUnreachableTarget() throws Exception {
    try (var proxy = ProxyProgram.microsocks()) {
      assertUnreachable(
          "socks5://" + proxy.address(), "the proxy <P> could not reach <T>: connection refused");
    }
  }

  @Test
  void microsocksReportsMissingCredentials() throws Exception {
    try (var proxy = ProxyProgram.microsocks("-u", "alice", "-P", "open-sesame")) {
      assertRefused(
          "socks5://" + proxy.address(),
          "the proxy <P> refused to connect to <T>: it requires authentication;"
              + " pass a user and password as socks5://USER:PASSWORD@<P>");
    }
  }

  @Test
  void microsocksReportsWrongPassword() throws Exception {
    try (var proxy = ProxyProgram.microsocks("-u", "alice", "-P", "open-sesame")) {
      assertRefused(
          "socks5://alice:hunter2@" + proxy.address(),
          "the proxy <P> refused to connect to <T>: it rejected the user and password");
    }
  }

  @Test
  void microsocksIsRecognizedWhenAddressedInHttp() throws Exception {
    try (var proxy = ProxyProgram.microsocks()) {
      assertRefused(
          "http://" + proxy.address(),
          "the proxy <P>, asked for <T>, is a SOCKS proxy: use socks5:// instead of http://");
    }
  }

  /** The target is a name, which the proxy resolves. */
  private void carriesBulk(String url) throws Exception {
    try (var server = TestServer.echoOnEveryAddress();
        var tunnel = through(url, new HostPort("localhost", server.address().port()))) {
      var bulk = new RandomBytes(Seed.random("RealProxyTest").nextLong());
      var sum = new CompletableFuture<Long>();
      Threads.start(
          "reader",
          () -> {
            try {
              sum.complete(RandomBytes.receive(tunnel.input(), BYTES));
            } catch (IOException e) {
              sum.completeExceptionally(e);
            }
          });
      bulk.send(tunnel.output(), BYTES);
      assertThat(sum.get(RolePair.LIMIT.toSeconds(), TimeUnit.SECONDS)).isEqualTo(bulk.sum());
    }
  }

  private void assertRefused(String url, String message) throws Exception {
    try (var server = TestServer.echo()) {
      assertFails(url, server.address(), message);
      assertThat(server.accepted()).isZero();
    }
  }

  private void assertUnreachable(String url, String message) throws Exception {
    HostPort gone;
    try (var server = TestServer.echo()) {
      gone = server.address();
    }
    assertFails(url, gone, message);
  }

  private void assertFails(String url, HostPort target, String message) {
    String proxy = OutboundProxy.parse(url).proxy().toString();
    assertThatThrownBy(() -> through(url, target).close())
        .isInstanceOf(IOException.class)
        .hasMessage(message.replace("<P>", proxy).replace("<T>", target.toString()));
  }

  private Connection through(String url, HostPort target) throws IOException {
    OutboundProxy via = OutboundProxy.parse(url);
    Connection carrier = dialer.connect(via.proxy(), RolePair.LIMIT);
    try {
      return ProxyTransport.through(via, target).wrap(carrier);
    } catch (IOException e) {
      carrier.close();
      throw e;
    }
  }
}
