package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import culvert.net.HostPort;
import culvert.testing.Eventually;
import culvert.testing.Nginx;
import culvert.testing.ProxyProgram;
import culvert.testing.RolePair;
import culvert.testing.Seed;
import culvert.testing.TestServer;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Intermediaries: a reverse proxy before the remote proxy, an outbound proxy of the other. */
@Timeout(120)
class IntermediariesIT {

  private static final int MEGABYTE = 1 << 20;
  private static final String USER = "alice:open-sesame@";
  private static final String[] LOGIN = {"-u", "alice", "-P", "open-sesame"};

  @TempDir private Path folder;

  /** The reverse proxy, its certificate authority, and the remote proxy behind it. */
  private record Site(RemoteProcess remote, Nginx nginx, Path authority) implements AutoCloseable {

    static Site behindNginx(Launcher launcher, Path folder) throws Exception {
      var credentials = new Credentials(folder);
      var certificate = credentials.issue("front");
      var identity = new Nginx.Identity(certificate.chain(), certificate.key());
      RemoteProcess remote = launcher.remote("--transport=ws", "--ws-path=/tunnel");
      try {
        Nginx nginx =
            Nginx.start(Optional.of(identity), Nginx.webSocket("/tunnel", remote.control()));
        return new Site(remote, nginx, credentials.authority());
      } catch (Exception | Error e) {
        remote.close();
        throw e;
      }
    }

    RoleProcess origin(Launcher launcher, HostPort server, String path) throws Exception {
      return launcher.origin(
          nginx.address(), server, "--transport=wss", "--tls-ca=" + authority, "--ws-path=" + path);
    }

    @Override
    public void close() throws IOException {
      nginx.close();
      remote.close();
    }
  }

  private static void carries(VerifiedTransfers transfers, RemoteProcess remote, int megabytes) {
    long seed = Seed.random("IntermediariesIT").nextLong();
    int bytes = megabytes * MEGABYTE;
    boolean well = transfers.visit(remote.outside(), seed, bytes, bytes);
    assertThat(transfers.faults()).isEmpty();
    assertThat(well).isTrue();
  }

  /** With a secret the link is also encrypted by Noise; without, by nginx's TLS only. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void httpRequestPassesThroughNginx(boolean secret) throws Exception {
    Launcher launcher = secret ? Launcher.USUAL : Launcher.OPEN;
    try (var web = new TestServer(Web::serve);
        var site = Site.behindNginx(launcher, folder);
        RoleProcess origin = site.origin(launcher, web.address(), "/tunnel")) {
      origin.line();
      Web.assertAnswers(site.remote().outside());
    }
  }

  @Test
  void originProxyReconnectsWhenNginxRestarts() throws Exception {
    try (var transfers = new VerifiedTransfers();
        var site = Site.behindNginx(Launcher.USUAL, folder);
        RoleProcess origin = site.origin(Launcher.USUAL, transfers.server(), "/tunnel")) {
      origin.line();
      carries(transfers, site.remote(), 64);
      site.nginx().kill();
      origin.err().await("session lost");
      origin.err().await("session not started", "Connection refused");
      site.nginx().restart();
      origin.line();
      carries(transfers, site.remote(), 1);
    }
  }

  @Test
  void missingRemoteProxyBehindNginxIsLoggedUntilItStarts() throws Exception {
    try (var server = TestServer.echo();
        var site = Site.behindNginx(Launcher.USUAL, folder)) {
      site.remote().role().kill();
      try (RoleProcess origin = site.origin(Launcher.USUAL, server.address(), "/tunnel")) {
        origin
            .err()
            .await("session not started", "502 Bad Gateway", "is it running behind the proxy");
        try (RemoteProcess again = site.remote().again("--transport=ws", "--ws-path=/tunnel")) {
          origin.line();
          again.assertServes();
        }
      }
    }
  }

  @Test
  void wrongPathIsLogged() throws Exception {
    try (var site = Site.behindNginx(Launcher.USUAL, folder);
        RoleProcess origin = site.origin(Launcher.USUAL, Launcher.ANY, "/tunel")) {
      origin.err().await("session not started", "404 Not Found", "is '/tunel' its --ws-path?");
      assertThat(origin.err().lines("WARN")).hasSize(1);
      assertThat(origin.process().isAlive()).isTrue();
      assertThat(site.remote().role().err().text()).doesNotContain("WARN");
    }
  }

  /** The default of nginx before 1.23.4. */
  @Test
  void nginxWithoutTls13IsLogged() throws Exception {
    var credentials = new Credentials(folder);
    var certificate = credentials.issue("front");
    var identity = new Nginx.Identity(certificate.chain(), certificate.key(), "TLSv1.2");
    try (var nginx =
            Nginx.start(Optional.of(identity), Nginx.webSocket("/", new HostPort("127.0.0.1", 9)));
        RoleProcess origin =
            Launcher.USUAL.origin(
                nginx.address(),
                Launcher.ANY,
                "--transport=wss",
                "--tls-ca=" + credentials.authority())) {
      origin.err().await("session not started", "is TLS 1.3 enabled");
    }
  }

  /** Outbound proxies, and the transport that each carries. */
  enum Outbound {
    TINYPROXY(TransportArguments.NOISE) {
      @Override
      ProxyProgram start() throws Exception {
        return ProxyProgram.tinyproxy();
      }

      @Override
      String url(HostPort proxy) {
        return "http://" + proxy;
      }
    },
    TINYPROXY_WITH_LOGIN(TransportArguments.WSS) {
      @Override
      ProxyProgram start() throws Exception {
        return ProxyProgram.tinyproxy("BasicAuth alice open-sesame");
      }

      @Override
      String url(HostPort proxy) {
        return "http://" + USER + proxy;
      }
    },
    MICROSOCKS(TransportArguments.TLS_CA) {
      @Override
      ProxyProgram start() throws Exception {
        return ProxyProgram.microsocks();
      }

      @Override
      String url(HostPort proxy) {
        return "socks5://" + proxy;
      }
    },
    MICROSOCKS_WITH_LOGIN(TransportArguments.WSS) {
      @Override
      ProxyProgram start() throws Exception {
        return ProxyProgram.microsocks(LOGIN);
      }

      @Override
      String url(HostPort proxy) {
        return "socks5://" + USER + proxy;
      }
    };

    private final TransportArguments transport;

    Outbound(TransportArguments transport) {
      this.transport = transport;
    }

    abstract ProxyProgram start() throws Exception;

    abstract String url(HostPort proxy);
  }

  /** The session is lost with the proxy, which shows that it used the proxy. */
  @ParameterizedTest
  @EnumSource(Outbound.class)
  void sixteenMegabytesInEachDirectionPassThroughAProxy(Outbound outbound) throws Exception {
    RoleCommands commands = outbound.transport.commands(new Credentials(folder));
    try (var transfers = new VerifiedTransfers();
        RemoteProcess remote = commands.remote()) {
      RoleProcess origin;
      try (ProxyProgram proxy = outbound.start()) {
        origin =
            commands.origin(
                remote.control(), transfers.server(), "--via=" + outbound.url(proxy.address()));
        try {
          origin.line();
          carries(transfers, remote, 16);
        } catch (Exception | Error e) {
          origin.close();
          throw e;
        }
      }
      try (origin) {
        origin.err().await("session lost");
        origin
            .err()
            .await("session not started", "the proxy cannot be reached", "Connection refused");
        assertThat(origin.err().text()).doesNotContain("open-sesame");
      }
    }
  }

  /** Returns a local address other than loopback, to which the proxy variables apply. */
  private static HostPort notLoopback() throws Exception {
    Optional<InetAddress> own =
        NetworkInterface.networkInterfaces()
            .flatMap(NetworkInterface::inetAddresses)
            .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
            .findFirst();
    assumeTrue(own.isPresent(), "no address but loopback's");
    return new HostPort(own.get().getHostAddress(), 0);
  }

  @Test
  void proxyVariablesAreUsed() throws Exception {
    try (var server = TestServer.echo();
        RemoteProcess remote = Launcher.USUAL.remoteAt(notLoopback(), Launcher.ANY)) {
      try (ProxyProgram proxy = ProxyProgram.tinyproxy();
          RoleProcess origin =
              Launcher.USUAL
                  .variable("HTTPS_PROXY", proxy.address().toString())
                  .variable("ALL_PROXY", "socks5://127.0.0.1:1")
                  .origin(remote.control(), server.address())) {
        origin.line();
        remote.assertServes();
      }
      try (ProxyProgram proxy = ProxyProgram.microsocks(LOGIN);
          RoleProcess origin =
              Launcher.USUAL
                  .variable("ALL_PROXY", "socks5h://" + USER + proxy.address())
                  .origin(remote.control(), server.address())) {
        origin.line();
        remote.assertServes();
      }
    }
  }

  @Test
  void proxyVariablesAreIgnoredForLoopbackAndNoProxy() throws Exception {
    var dead = Launcher.USUAL.variable("https_proxy", "http://127.0.0.1:1");
    HostPort own = notLoopback();
    try (var server = TestServer.echo();
        RemoteProcess near = Launcher.USUAL.remote();
        RemoteProcess far = Launcher.USUAL.remoteAt(own, Launcher.ANY);
        RoleProcess loopback = dead.origin(near.control(), server.address());
        RoleProcess exempt =
            dead.variable("NO_PROXY", "example.com," + own.host())
                .origin(far.control(), server.address(), "--share");
        RoleProcess direct =
            dead.origin(
                far.control(), server.address(), "--via=direct", "--name=other", "--share");
        RoleProcess proxied = dead.origin(far.control(), server.address(), "--name=proxied")) {
      loopback.line();
      exempt.line();
      direct.line();
      proxied.err().await("session not started", "the proxy cannot be reached", "127.0.0.1:1");
    }
  }

  @Test
  void failureOfTheProxyToConnectIsLoggedUntilItSucceeds() throws Exception {
    try (var server = TestServer.echo();
        ProxyProgram proxy = ProxyProgram.microsocks();
        RemoteProcess remote = Launcher.USUAL.remote()) {
      remote.role().kill();
      try (RoleProcess origin =
          remote.origin(server.address(), "--via=socks5://" + proxy.address())) {
        origin
            .err()
            .await("session not started", "the proxy " + proxy.address(), remote.control() + "");
        assertThat(origin.err().lines("WARN")).hasSize(1);
        try (RemoteProcess again = remote.again()) {
          origin.line();
          again.assertServes();
        }
      }
    }
  }

  @Test
  void rejectedProxyLoginIsLogged() throws Exception {
    try (ProxyProgram proxy = ProxyProgram.microsocks(LOGIN);
        RemoteProcess remote = Launcher.USUAL.remote();
        RoleProcess origin =
            remote.origin(Launcher.ANY, "--via=socks5://alice:hunter2@" + proxy.address())) {
      origin.err().await("session not started", "user and password");
      assertThat(origin.err().lines("WARN")).hasSize(1);
      assertThat(origin.err().text()).doesNotContain("hunter2");
      assertThat(origin.process().isAlive()).isTrue();
    }
  }

  @Test
  void refusalByTheProxyIsRetriedAndLoggedOnce() throws Exception {
    byte[] answer = "HTTP/1.1 403 Not today\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    try (var proxy = new TestServer(connection -> connection.getOutputStream().write(answer));
        RoleProcess origin =
            Launcher.USUAL.origin(
                new HostPort("127.0.0.1", 9), Launcher.ANY, "--via=http://" + proxy.address())) {
      Eventually.within(
          RolePair.LIMIT, () -> assertThat(proxy.accepted()).isGreaterThanOrEqualTo(3));
      assertThat(origin.err().lines("session not started", "403 Not today")).hasSize(1);
      assertThat(origin.err().lines("WARN")).hasSize(1);
    }
  }
}
