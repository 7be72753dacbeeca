package culvert.cli;

import static culvert.cli.RoleFiles.SERVER;
import static culvert.cli.RoleFiles.client;
import static culvert.cli.RoleFiles.write;
import static culvert.testing.TestClient.assertEchoes;
import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.HostPort;
import culvert.testing.HttpProxy;
import culvert.testing.LeakCheck;
import culvert.testing.ReservedPorts;
import culvert.testing.TestAuthority;
import culvert.testing.TestClient;
import culvert.testing.TestServer;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Settings and files that sessions use which start after a change; running ones stay as they are.
 */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class NextSessionReloadTest {

  private static final String RELOADED = "settings reloaded";

  private final ReservedPorts ports = new ReservedPorts();
  private HostPort control;
  private TestServer echo;
  private ReloadedRole server;

  @TempDir private Path folder;

  @BeforeEach
  void start() throws Exception {
    control = ports.next();
    echo = TestServer.echo();
  }

  @AfterEach
  void close() throws Exception {
    server.close();
    echo.close();
    ports.close();
  }

  private void startServer(String more) throws Exception {
    String text = SERVER.replaceFirst("127.0.0.1:0", control.toString());
    Path file = Files.writeString(folder.resolve("server.toml"), text + more);
    server = new ReloadedRole("run", file.toString());
  }

  /** Ends all sessions; the next ones are at the same address. */
  private void restartServer() throws Exception {
    server.close();
    startServer("");
  }

  private String ofClient(String more) {
    return client(control, echo.address(), "web") + more;
  }

  private ReloadedRole start(String name, String more) throws Exception {
    Path file = folder.resolve(name + ".toml");
    write(file, ofClient("name = \"" + name + "\"\n" + more));
    return new ReloadedRole("run", file.toString());
  }

  private void change(String name, String more) throws Exception {
    write(folder.resolve(name + ".toml"), ofClient("name = \"" + name + "\"\n" + more));
  }

  private void assertServed() throws Exception {
    try (Socket visitor = TestClient.dial(server.address("web="))) {
      assertEchoes(visitor, "hello");
    }
  }

  @Test
  void sessionsShareTheirServiceAfterShareWasAdded() throws Exception {
    startServer("");
    try (var one = start("one", "")) {
      one.awaitLog("session started");
      change("one", "share = true\n");
      one.awaitLog(RELOADED, "from_next_session=client.share");
      try (var two = start("two", "share = true\n")) {
        two.awaitLog("service declined", "origin proxy 'one' serves it");
        assertThat(one.lines("session started")).isEqualTo(1);
        restartServer();
        one.hangUp();
        two.hangUp();
        one.awaitLog("service shared", "origin_proxies=two");
        two.awaitLog("service shared", "origin_proxies=one");
        assertServed();
      }
    }
  }

  @Test
  void nextSessionUsesTheOutboundProxyThatWasAdded() throws Exception {
    startServer("");
    try (var proxy = new HttpProxy();
        var one = start("one", "")) {
      one.awaitLog("session started");
      change("one", "transport.tcp.proxy = \"http://" + proxy.address() + "\"\n");
      one.awaitLog(RELOADED, "from_next_session=client.transport.tcp.proxy");
      assertServed();
      assertThat(proxy.targets()).isEmpty();
      restartServer();
      one.hangUp();
      one.awaitLog(2, "session started");
      assertServed();
      assertThat(proxy.targets()).isNotEmpty().containsOnly(control.toString());
    }
  }

  private Path pem() {
    return folder.resolve("server.pem");
  }

  private Path key() {
    return folder.resolve("server.key");
  }

  /** Replaces the certificate and its key; returns the pin of the certificate. */
  private String replaceCertificate(TestAuthority.Issued issued) throws Exception {
    Path pem = issued.writeChain(folder.resolve("next.pem"));
    Path key = issued.writeKey(folder.resolve("next.key"));
    Files.move(pem, pem(), StandardCopyOption.ATOMIC_MOVE);
    Files.move(key, key(), StandardCopyOption.ATOMIC_MOVE);
    byte[] certificate = issued.certificate().getEncoded();
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(certificate));
  }

  private static String pinned(String pin) {
    return "transport.type = \"tls\"\ntransport.tls.pin = \"" + pin + "\"\n";
  }

  @Test
  void certificateThatHasChangedAtAHangUpIsUsedForLaterSessions() throws Exception {
    var authority = new TestAuthority("Test CA");
    String before = replaceCertificate(authority.issue("first"));
    String tls =
        "transport.type = \"tls\"\ntransport.tls.cert = \"%s\"\ntransport.tls.key = \"%s\"\n";
    startServer(tls.formatted(pem(), key()));
    try (var one = start("one", "share = true\n" + pinned(before))) {
      one.awaitLog("session started");
      try (Socket visitor = TestClient.dial(server.address("web="))) {
        assertEchoes(visitor, "before");
        String after = replaceCertificate(authority.issue("second"));
        server.hangUp();
        server.awaitLog(RELOADED, "files_changed=", pem().toString(), key().toString());
        try (var two = start("two", "share = true\n" + pinned(after));
            var three = start("three", "share = true\n" + pinned(before))) {
          two.awaitLog("session started");
          three.awaitLog("remote proxy rejected");
          assertEchoes(visitor, "after");
        }
        assertThat(one.lines("session started")).isEqualTo(1);
      }
    }
  }
}
