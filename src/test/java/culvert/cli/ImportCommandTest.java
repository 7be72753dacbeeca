package culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.testing.LeakCheck;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Settings of other programs: the printed file is valid, and carries traffic. */
@ExtendWith(LeakCheck.class)
class ImportCommandTest {

  private static final int LIMIT_MILLIS = 10_000;

  @TempDir private Path folder;

  @Test
  void frpClientCarriesTraffic() throws Exception {
    int control = freePort();
    int outside = freePort();
    try (var origin = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Path source =
          Files.writeString(
              folder.resolve("frpc.toml"),
              """
              serverAddr = "127.0.0.1"
              serverPort = %d
              auth.token = "a token of frp"
              [[proxies]]
              name = "web"
              type = "tcp"
              localIP = "127.0.0.1"
              localPort = %d
              remotePort = %d
              """
                  .formatted(control, origin.getLocalPort(), outside));
      Cli run = Cli.run("import", "frp", source.toString());
      assertThat(run.exit()).isZero();
      exchange(run.out(), origin, outside);
    }
  }

  @Test
  void ratholePairCarriesTraffic() throws Exception {
    int control = freePort();
    int outside = freePort();
    try (var origin = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Path source =
          Files.writeString(
              folder.resolve("both.toml"),
              """
              [server]
              bind_addr = "127.0.0.1:%1$d"
              heartbeat_interval = 30
              [server.services.my_nas_ssh]
              token = "use_a_secret_that_only_you_know"
              bind_addr = "127.0.0.1:%2$d"
              [client]
              remote_addr = "127.0.0.1:%1$d"
              heartbeat_timeout = 40
              [client.services.my_nas_ssh]
              token = "use_a_secret_that_only_you_know"
              local_addr = "127.0.0.1:%3$d"
              """
                  .formatted(control, outside, origin.getLocalPort()));
      Cli run = Cli.run("import", "rathole", source.toString());
      assertThat(run.exit()).isZero();
      exchange(run.out(), origin, outside);
    }
  }

  @Test
  void boreClientCarriesTraffic() throws Exception {
    int control = freePort();
    int outside = freePort();
    try (var origin = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Cli run =
          Cli.run(
              "import",
              "bore",
              "local",
              Integer.toString(origin.getLocalPort()),
              "--to=127.0.0.1",
              "-p",
              Integer.toString(outside),
              "-s",
              "a secret of bore",
              "--local-host=127.0.0.1");
      assertThat(run.exit()).isZero();
      exchange(run.out().replace(":7835", ":" + control), origin, outside);
    }
  }

  /** Without it on both sides, the server would accept every client. */
  @Test
  void secretFileOfBoreIsInBothBlocks() throws Exception {
    Path one = Files.writeString(folder.resolve("one.txt"), "0123456789abcdef");
    Path two = Files.writeString(folder.resolve("two.txt"), "fedcba9876543210");
    Cli local =
        Cli.run("import", "bore", "local", "80", "--to=example.com", "--secret-file=" + one);
    String client = local.out().substring(local.out().indexOf("[client]"));
    String server =
        local.out().substring(local.out().indexOf("[server]"), local.out().indexOf("[client]"));
    assertThat(server).contains("secret_file = \"" + one + '"');
    assertThat(client).contains("secret_file = \"" + one + '"');
    check(local.out());
    Cli several =
        Cli.run("import", "bore", "server", "--secret-file=" + one, "--secret-file=" + two);
    assertThat(several.out()).contains("secret_file = [\"%s\", \"%s\"]".formatted(one, two));
    check(several.out());
  }

  /** Each value would be rejected by the role: it becomes a comment, and the rest stays valid. */
  @Test
  void invalidValueBecomesAComment() throws Exception {
    Cli bore = Cli.run("import", "bore", "server", "--control-port=70000", "--secret=x");
    assertCommented(bore, "server.bind_addr");
    assertCommented(
        frp("serverAddr = \"{{ .Envs.FRP_SERVER_ADDR }}\"\nauth.token = \"{{ .Envs.T }}\"\n"),
        "client.remote_addr",
        "auth.token");
    Cli proxy = frp("serverAddr = \"example.com\"\ntransport.proxyURL = \"ntlm://a:1\"\n");
    assertCommented(proxy, "transport.proxyURL");
    check(proxy.out());
  }

  /** The remote proxy of the file accepts any client: the user reads it at once. */
  @ParameterizedTest
  @ValueSource(strings = {"", " ", "file:token.txt", "${TOKEN}", "{{ .Envs.TOKEN }}"})
  void tokenThatIsNoSecretOpensNoServerSilently(String token) throws Exception {
    Cli run = frp("serverAddr = \"example.com\"\nauth.token = \"" + token + "\"\n");
    assertCommented(run, "auth.token");
    assertOpen(run);
  }

  @Test
  void sourceWithoutATokenOpensNoServerSilently() throws Exception {
    Cli frp = frp("serverAddr = \"example.com\"\n");
    assertOpen(frp);
    assertThat(frp.exit()).isZero();
    assertOpen(Cli.run("import", "bore", "server"));
    Path file =
        Files.writeString(
            folder.resolve("server.toml"),
            "[server]\nbind_addr = \"0.0.0.0:2333\"\ndefault_token = \"\"\n"
                + "services.web.bind_addr = \"0.0.0.0:80\"\n");
    Cli rathole = Cli.run("import", "rathole", file.toString());
    assertCommented(rathole, "server.default_token");
    assertOpen(rathole);
    assertThat(frp("auth.token = \"0123456789abcdef\"\n").err()).isEmpty();
  }

  private void assertOpen(Cli run) throws IOException {
    String warning = "any client that can reach the control address can register services";
    assertThat(run.out()).containsOnlyOnce(warning).doesNotContain("\nsecret");
    assertThat(run.err()).startsWith("import: ").containsOnlyOnce(warning);
    check(run.out());
  }

  /** Only the role itself rejects these values; the file is for hosts that have other files. */
  @Test
  void contradictionBecomesACommentAndMissingFileDoesNot() throws Exception {
    Cli frp =
        frp(
            "serverAddr = \"example.com\"\nauth.token = \"a token of frp\"\n",
            "[[proxies]]\nname = \"b\"\ntype = \"tcp\"\nlocalPort = 80\nremotePort = 6000\n");
    assertCommented(frp, "server.services.b.bind_addr", "client.services.b");
    assertThat(frp.out()).contains("[server.services.\"a.b\"]", "[client.services.\"a.b\"]");
    check(frp.out());
    Cli mistyped = frp("auth.token = \"culvert-0123456789abcdef0123456789abcdefXX\"\n");
    assertCommented(mistyped, "client.secret", "server.secret");
    assertThat(mistyped.out()).doesNotContain("abcdefXX");
    Cli bore = Cli.run("import", "bore", "server", "--secret-file=/no/such/file");
    assertThat(bore.out()).contains("secret_file = \"/no/such/file\"\n");
    assertThat(bore.exit()).isZero();
    Path file =
        Files.writeString(
            folder.resolve("server.toml"),
            """
            [server]
            bind_addr = "0.0.0.0:2333"
            default_token = "a token of rathole"
            services.web.bind_addr = "0.0.0.0:80"
            [server.transport]
            type = "tls"
            tls.pkcs12 = "/no/such/file.pfx"
            """);
    Cli rathole = Cli.run("import", "rathole", file.toString());
    assertThat(rathole.out()).contains("pkcs12 = \"/no/such/file.pfx\"\n");
    assertThat(rathole.exit()).isZero();
  }

  private static void assertCommented(Cli run, String... keys) {
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).contains("import: the file is incomplete; its comments list");
    for (String key : keys) {
      assertThat(run.out()).contains("# not imported: " + key + ": ");
    }
  }

  /** Imports a file of frpc with one service and more. */
  private Cli frp(String text, String... more) throws IOException {
    String service =
        "[[proxies]]\nname = \"a.b\"\ntype = \"tcp\"\nlocalPort = 22\nremotePort = 6000\n";
    Path file =
        Files.writeString(folder.resolve("frpc.toml"), text + service + String.join("", more));
    return Cli.run("import", "frp", file.toString());
  }

  @ParameterizedTest
  @CsvSource({"1MB, 1024K, server", "1.5MB, 1536K, client", "300KB, 300K, client"})
  void bandwidthOfAProxyIsThatOfItsService(String limit, String size, String mode)
      throws Exception {
    Cli run =
        frp(
            "serverAddr = \"example.com\"\nauth.token = \"0123456789abcdef\"\n",
            "transport.bandwidthLimit = \"" + limit + "\"\n",
            "transport.bandwidthLimitMode = \"" + mode + "\"\n");
    assertThat(run.out()).contains("max_bandwidth = \"" + size + "\"");
    assertThat(run.exit()).isZero();
    check(run.out());
  }

  @ParameterizedTest
  @ValueSource(strings = {"0KB", "0.5KB", "1GB", "fast", "999999999MB"})
  void bandwidthWithoutAnEquivalentBecomesAComment(String limit) throws Exception {
    Cli run =
        frp("serverAddr = \"example.com\"\n", "transport.bandwidthLimit = \"" + limit + "\"\n");
    assertCommented(run, "proxies.a.b.transport.bandwidthLimit");
    check(run.out());
  }

  @Test
  void healthCheckOfAProxyIsThatOfItsService() throws Exception {
    Cli run =
        frp(
            "serverAddr = \"example.com\"\nauth.token = \"0123456789abcdef\"\n",
            "healthCheck = {type = \"http\", path = \"/health\", maxFailed = 4,",
            " timeoutSeconds = 2, intervalSeconds = 30}\n");
    assertThat(run.out())
        .contains(
            "health_check = \"http:/health\"",
            "health_failures = 4",
            "health_interval = 30",
            "health_timeout = 2");
    assertThat(run.exit()).isZero();
    check(run.out());
  }

  @Test
  void zeroInAHealthCheckIsTheDefaultOfFrp() throws Exception {
    Cli run =
        frp(
            "serverAddr = \"example.com\"\nauth.token = \"0123456789abcdef\"\n",
            "healthCheck = {type = \"tcp\", maxFailed = 0,",
            " timeoutSeconds = 0, intervalSeconds = 0}\n");
    assertThat(run.out())
        .contains("health_check = \"tcp\"", "health_failures = 1")
        .doesNotContain("health_interval", "health_timeout");
    assertThat(run.exit()).isZero();
    check(run.out());
  }

  @Test
  void pathOfAHealthCheckGetsTheSlashThatFrpAdds() throws Exception {
    Cli run = frpWithCheck("type = \"http\", path = \"status\"");
    assertThat(run.out()).contains("health_check = \"http:/status\"");
    assertThat(run.exit()).isZero();
    check(run.out());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          type = "http", path = "/a,b"                       | path
          type = "http", path = "/a b"                       | path
          type = "http", path = "/\u00e4"                    | path
          type = "https"                                     | type
          type = "tcp", maxFailed = 1001                     | maxFailed
          type = "tcp", intervalSeconds = 86401              | intervalSeconds
          type = "tcp", timeoutSeconds = 9223372036854775807 | timeoutSeconds
          """)
  void valueOfAHealthCheckThatIsInvalidHereBecomesAComment(String values, String key)
      throws Exception {
    Cli run = frpWithCheck(values);
    assertThat(run.out()).contains("# not imported: proxies.a.b.healthCheck." + key + ": expected");
    assertThat(run.exit()).isEqualTo(1);
    check(run.out());
  }

  private Cli frpWithCheck(String values) throws Exception {
    return frp(
        "serverAddr = \"example.com\"\nauth.token = \"0123456789abcdef\"\n",
        "healthCheck = {" + values + "}\n");
  }

  @Test
  void healthCheckWithoutAnEquivalentBecomesAComment() throws Exception {
    Cli run =
        frp(
            "serverAddr = \"example.com\"\nauth.token = \"0123456789abcdef\"\n",
            "healthCheck = {type = \"tcp\", httpHeaders = [{name = \"a\", value = \"b\"}]}\n");
    assertThat(run.out()).contains("health_check = \"tcp\"", "health_failures = 1");
    assertThat(run.out())
        .contains("# not imported: proxies.a.b.healthCheck.httpHeaders (line 8): no equivalent");
    assertThat(run.exit()).isEqualTo(1);
    check(run.out());
  }

  @Test
  void fileOfFrpsWithoutAPortIsForTheServer() throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("frps.toml"), "auth.token = \"abc\"\nvhostHTTPPort = 80\n");
    Cli run = Cli.run("import", "frp", file.toString());
    assertThat(run.out())
        .contains("[server]", "bind_addr = \"0.0.0.0:7000\"", "not imported: vhostHTTPPort")
        .doesNotContain("[client]");
    check(run.out());
  }

  @Test
  void serviceOfRatholeWithoutTableOrAddressIsReported() throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("server.toml"),
            """
            [server]
            bind_addr = "0.0.0.0:2333"
            default_token = "a token of rathole"
            [server.services]
            number = 1
            empty = {}
            dns = { type = "udp" }
            web = { bind_addr = "0.0.0.0:80" }
            """);
    Cli run = Cli.run("import", "rathole", file.toString());
    assertCommented(run, "server.services.empty.bind_addr", "server.services.dns.bind_addr");
    assertThat(run.out()).contains("not imported: server.services.number (line 5)");
    check(run.out());
  }

  @Test
  void serversAreImported() throws Exception {
    Path source =
        Files.writeString(
            folder.resolve("frps.toml"),
            "bindPort = 7000\nallowPorts = [{start = 2000, end = 3000}]\n");
    Cli frp = Cli.run("import", "frp", source.toString());
    assertThat(frp.out()).contains("bind_addr = \"0.0.0.0:7000\"", "port_range = \"2000-3000\"");
    assertThat(frp.exit()).isZero();
    check(frp.out());
    Cli bore = Cli.run("import", "bore", "server", "--min-port", "2000", "--secret=x");
    assertThat(bore.out()).contains("port_range = \"0.0.0.0:2000-65535\"", "secret = \"x\"");
    assertThat(bore.exit()).isZero();
    check(bore.out());
  }

  @Test
  void settingWithoutEquivalentStaysAsAComment() throws Exception {
    Path frpc =
        Files.writeString(
            folder.resolve("frpc.toml"),
            """
            serverAddr = "example.com"
            transport.poolCount = 5
            [[proxies]]
            name = "web"
            type = "tcp"
            localPort = 80
            remotePort = 8000
            [[proxies]]
            name = "dns"
            type = "udp"
            localPort = 53
            remotePort = 53
            [[proxies]]
            name = "site"
            type = "https"
            localPort = 443
            customDomains = ["a.example.com"]
            """);
    Cli run = Cli.run("import", "frp", frpc.toString());
    assertThat(run.out())
        .contains(
            "# not imported: transport.poolCount (line 2): no equivalent\n",
            "type = \"udp\"\n",
            "# not imported: proxies.site.type (line 13): services by host name are not supported"
                + " yet\n");
    assertThat(run.exit()).isEqualTo(1);
    check(run.out());
    Cli bore = Cli.run("import", "bore", "local", "80", "--to", "example.com", "--once");
    assertThat(bore.out()).contains("# not imported: --once: no equivalent\n");
    assertThat(bore.exit()).isEqualTo(1);
    check(bore.out());
  }

  @Test
  void transportsHaveAnEquivalent() throws Exception {
    Path rathole =
        Files.writeString(
            folder.resolve("client.toml"),
            """
            [client]
            remote_addr = "example.com:2333"
            default_token = "a token of rathole"
            heartbeat_timeout = 5
            [client.transport]
            type = "websocket"
            websocket.tls = true
            tls.trusted_root = "ca.pem"
            tls.hostname = "tunnel.example.com"
            tcp.proxy = "socks5://user:password@127.0.0.1:1080"
            [client.services.web]
            local_addr = "127.0.0.1:80"
            """);
    Cli run = Cli.run("import", "rathole", rathole.toString());
    assertThat(run.exit()).isZero();
    assertThat(run.out())
        .contains(
            "type = \"websocket\"",
            "tls = true",
            "trusted_root = \"ca.pem\"",
            "hostname = \"tunnel.example.com\"",
            "proxy = \"socks5://user:password@127.0.0.1:1080\"",
            "heartbeat_timeout = 5");
    check(run.out());
    Path frp =
        Files.writeString(
            folder.resolve("frpc.toml"),
            """
            serverAddr = "2001:db8::1"
            transport.protocol = "websocket"
            transport.heartbeatInterval = 30
            transport.heartbeatTimeout = 90
            auth.token = "a token of frp"
            [[proxies]]
            name = "web"
            type = "tcp"
            localPort = 80
            remotePort = 8000
            """);
    Cli ofFrp = Cli.run("import", "frp", frp.toString());
    assertThat(ofFrp.exit()).isZero();
    assertThat(ofFrp.out()).contains("remote_addr = \"[2001:db8::1]:7000\"");
    check(ofFrp.out());
  }

  @Test
  void fileWithoutAServiceIsReported() throws Exception {
    Path source =
        Files.writeString(
            folder.resolve("client.toml"),
            "[client]\nremote_addr = \"example.com:2333\"\n[client.services]\n");
    Cli run = Cli.run("import", "rathole", source.toString());
    assertThat(run.out()).contains("# incomplete: missing client.services.NAME.local_addr\n");
    assertThat(run.exit()).isEqualTo(1);
  }

  @Test
  void differentTokensAreNamed() throws Exception {
    Path source =
        Files.writeString(
            folder.resolve("server.toml"),
            """
            [server]
            bind_addr = "0.0.0.0:2333"
            [server.services.a]
            token = "one"
            bind_addr = "0.0.0.0:81"
            [server.services.b]
            token = "two"
            bind_addr = "0.0.0.0:82"
            """);
    Cli run = Cli.run("import", "rathole", source.toString());
    assertThat(run.out())
        .contains("# not imported: server.services.*.token: one secret for all services")
        .contains("secret = \"one\"")
        .doesNotContain("two");
    assertThat(run.exit()).isEqualTo(1);
    check(run.out());
  }

  @Test
  void invalidSourceIsRejected() throws Exception {
    Path source = Files.writeString(folder.resolve("frpc.ini"), "[common]\nserver_addr = x\n");
    Cli run = Cli.run("import", "frp", source.toString());
    assertThat(run.err()).contains("not valid TOML: line 2").hasLineCount(1);
    assertThat(run.exit()).isEqualTo(78);
    assertThat(run.out()).isEmpty();
    assertThat(Cli.run("import", "bore", "local").exit()).isEqualTo(2);
    assertThat(Cli.run("import", "bore", "remote").err()).contains("unknown command 'remote'");
    Cli help = Cli.run("import", "bore", "local", "--help");
    assertThat(help.out()).startsWith("Usage: culvert import bore ");
    assertThat(help.exit()).isZero();
  }

  private Path check(String text) throws IOException {
    Path file = Files.writeString(folder.resolve("imported.toml"), text);
    Cli check = Cli.run("check", file.toString());
    assertThat(check.err()).isEmpty();
    assertThat(check.exit()).isZero();
    return file;
  }

  /** Runs both sides with the file, and exchanges a line with the origin server. */
  private void exchange(String text, ServerSocket origin, int outside) throws IOException {
    Path file = check(text);
    origin.setSoTimeout(LIMIT_MILLIS);
    try (var server = RunningRole.start("run", "--server", file.toString())) {
      server.firstLine();
      try (var client = RunningRole.start("run", "--client", file.toString())) {
        client.firstLine();
        try (var visitor = new Socket(InetAddress.getLoopbackAddress(), outside);
            Socket accepted = origin.accept()) {
          accepted.setSoTimeout(LIMIT_MILLIS);
          visitor.getOutputStream().write("hello".getBytes(StandardCharsets.UTF_8));
          assertThat(accepted.getInputStream().readNBytes(5)).asString().isEqualTo("hello");
        }
      }
    }
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
