package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.net.HostPort;
import culvert.testing.BoreProgram;
import culvert.testing.Eventually;
import culvert.testing.RefusingPort;
import culvert.testing.RolePair;
import culvert.testing.TestClient;
import culvert.testing.TestServer;
import java.io.IOException;
import java.net.ConnectException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The bore client and the bore server of the image, each a process. */
@Timeout(120)
class BoreIT {

  private static final int FAILURE = 1;
  private static final int USAGE = 2;
  private static final int CREDENTIALS = 77;
  private static final int SETTINGS = 78;

  private static void assertServes(HostPort outside) throws IOException {
    try (Socket visitor = TestClient.dial(outside)) {
      TestClient.assertEchoes(visitor, "there and back");
    }
  }

  private static void awaitRefusal(HostPort address) throws Exception {
    Eventually.within(
        RolePair.LIMIT,
        () ->
            assertThatThrownBy(() -> TestClient.dial(address).close())
                .isInstanceOf(ConnectException.class));
  }

  /** Uses bore's defaults: the local host, and the secret in the environment. */
  @Test
  void clientPrintsItsPublicAddressFirst() throws Exception {
    var secret = Map.of("BORE_SECRET", "sécret ✓");
    try (var origin = TestServer.echoOnEveryAddress();
        RoleProcess server =
            RoleProcess.start(
                secret, "culvert bore server --bind-addr 127.0.0.1 --control-port 0".split(" "));
        RoleProcess client =
            RoleProcess.start(
                secret,
                "culvert",
                "bore",
                "local",
                String.valueOf(origin.address().port()),
                "--to",
                server.line().split("bore server: listening ")[1])) {
      String line = client.line();
      assertThat(line).matches("listening at 127\\.0\\.0\\.1:\\d+");
      assertServes(HostPort.parse(line.split("listening at ")[1]));
      assertThat(server.err().text()).doesNotContain("SECRET", "sécret");
    }
  }

  /** One port for both: the client with a secret waits for the server to begin. */
  @Test
  void remoteProxyServesOriginProxiesAndClientsAtOneAddress() throws Exception {
    try (var server = TestServer.echo();
        RemoteProcess remote =
            Launcher.USUAL.remote("--protocol=native,bore", "--port-range=127.0.0.1:20000-29999");
        RoleProcess client =
            BoreProcesses.local(
                remote.control(), server.address(), "--secret=" + Launcher.SECRET_TEXT);
        RoleProcess origin = Launcher.USUAL.origin(remote.control(), server.address())) {
      assertServes(BoreProcesses.listening(client));
      assertThat(origin.line()).contains("serving");
      assertServes(remote.outside());
    }
  }

  /** Services often have no locale; a secret is UTF-8 nevertheless, as at the peer. */
  @Test
  void nonAsciiSecretIsReadWithoutALocale() throws Exception {
    String secret = "s\u00e9cret \u2713";
    var arguments =
        List.of(
            RoleProcess.launcher("culvert").toAbsolutePath().toString(),
            "bore",
            "server",
            "--bind-addr=127.0.0.1",
            "--control-port=0",
            "--secret",
            secret);
    String[] command = BoreProgram.inUtf8(arguments).toArray(String[]::new);
    try (RoleProcess server = RoleProcess.start(Map.of("LC_ALL", "C"), command);
        Socket client =
            TestClient.dial(HostPort.parse(server.line().split("bore server: listening ")[1]))) {
      String challenge = message(client).replaceAll(".*:\"|\"}", "");
      String tag = tag(secret, UUID.fromString(challenge));
      String hello = "{\"Authenticate\":\"" + tag + "\"}\0{\"Hello\":0}\0";
      client.getOutputStream().write(hello.getBytes(StandardCharsets.US_ASCII));
      assertThat(message(client)).startsWith("{\"Hello\":");
    }
  }

  private static String message(Socket socket) throws IOException {
    var text = new StringBuilder();
    for (int b = socket.getInputStream().read(); b > 0; b = socket.getInputStream().read()) {
      text.append((char) b);
    }
    return text.toString();
  }

  private static String tag(String secret, UUID challenge) throws GeneralSecurityException {
    byte[] text = secret.getBytes(StandardCharsets.UTF_8);
    byte[] key = MessageDigest.getInstance("SHA-256").digest(text);
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    var bytes = ByteBuffer.allocate(16);
    bytes.putLong(challenge.getMostSignificantBits()).putLong(challenge.getLeastSignificantBits());
    return HexFormat.of().formatHex(mac.doFinal(bytes.array()));
  }

  @Test
  void visitorHalfCloseReachesTheOriginServer() throws Exception {
    TestServer.Service counting =
        connection -> {
          int length = connection.getInputStream().readAllBytes().length;
          connection.getOutputStream().write(("received " + length).getBytes());
        };
    try (var origin = new TestServer(counting);
        var server = BoreProcesses.server();
        RoleProcess client = BoreProcesses.local(server.control(), origin.address());
        Socket visitor = TestClient.dial(BoreProcesses.listening(client))) {
      visitor.getOutputStream().write(new byte[100_000]);
      visitor.shutdownOutput();
      assertThat(visitor.getInputStream().readAllBytes()).asString().isEqualTo("received 100000");
    }
  }

  @Test
  void nextClientGetsThePortOfAKilledClient() throws Exception {
    try (var origin = TestServer.echo();
        var server = BoreProcesses.server();
        RoleProcess first = BoreProcesses.local(server.control(), origin.address())) {
      HostPort outside = BoreProcesses.listening(first);
      try (Socket visitor = TestClient.dial(outside)) {
        TestClient.assertEchoes(visitor, "there and back");
        first.kill();
        assertThat(isOver(visitor)).isTrue();
      }
      server.role().err().await("service withdrawn", "bore:" + outside.port());
      try (RoleProcess second =
          BoreProcesses.local(server.control(), origin.address(), "--port=" + outside.port())) {
        assertThat(BoreProcesses.listening(second)).isEqualTo(outside);
        assertServes(outside);
      }
    }
  }

  private static boolean isOver(Socket visitor) throws IOException {
    try {
      return visitor.getInputStream().read() < 0;
    } catch (java.net.SocketException e) {
      return true;
    }
  }

  @Test
  void restartedServerGivesTheSamePort() throws Exception {
    try (var origin = TestServer.echo();
        var server = BoreProcesses.server("--secret=abc");
        RoleProcess client =
            BoreProcesses.local(server.control(), origin.address(), "--secret=abc")) {
      HostPort outside = BoreProcesses.listening(client);
      assertServes(outside);
      server.role().kill();
      client.err().await("session lost");
      try (var back = BoreProcesses.serverAt(server.control(), "--secret=abc")) {
        assertThat(BoreProcesses.listening(client)).isEqualTo(outside);
        assertServes(outside);
        assertThat(back.role().process().isAlive()).isTrue();
      }
    }
  }

  @Test
  void clientWithoutRetryEndsWithItsServer() throws Exception {
    try (var server = BoreProcesses.server();
        RoleProcess client = BoreProcesses.local(server.control(), Launcher.ANY, "--once")) {
      client.line();
      server.role().terminate();
      assertThat(client.await().exit()).isZero();
    }
    try (var refusing = new RefusingPort()) {
      String line =
          failed(FAILURE, BoreProcesses.local(refusing.address(), Launcher.ANY, "--once"));
      assertThat(line).contains(refusing.address() + ": Connection refused");
    }
  }

  /** Checks the exit code and returns the only error line. */
  private static String failed(int code, RoleProcess role) throws Exception {
    try (role) {
      RoleProcess.Ended ended = role.await();
      assertThat(ended.exit()).as(ended.err()).isEqualTo(code);
      assertThat(ended.out()).isEmpty();
      assertThat(role.err().lines("WARN")).isEmpty();
      assertThat(role.err().lines("ERROR")).hasSize(1);
      return role.err().lines("ERROR").getFirst();
    }
  }

  @Test
  void rejectedClientPrintsTheReasonAndExits() throws Exception {
    try (var server = BoreProcesses.server("--secret=right");
        RoleProcess holder =
            BoreProcesses.local(server.control(), Launcher.ANY, "--secret=right")) {
      int port = BoreProcesses.listening(holder).port();
      assertThat(refused(CREDENTIALS, server, "--secret=wrong"))
          .contains("server error: invalid secret")
          .doesNotContain("wrong");
      assertThat(refused(CREDENTIALS, server))
          .contains("the server requires a secret, but none is set");
      assertThat(refused(SETTINGS, server, "--secret=right", "--port=" + port))
          .contains("port " + port, "port already in use");
      assertThat(refused(SETTINGS, server, "--secret=right", "--port=19999"))
          .contains("port 19999", "client port number not in allowed range");
      assertThat(refused(FAILURE, server, "--secret=wrong", "--once"))
          .contains("server error: invalid secret");
      assertThat(server.role().err().text()).doesNotContain("right", "wrong");
    }
    try (var open = BoreProcesses.server()) {
      open.role().err().await("NO SECRET IS SET", "BORE_SECRET");
      assertThat(refused(CREDENTIALS, open, "--secret=right")).contains("the server requires none");
    }
    try (RemoteProcess shared =
        Launcher.OPEN.remote("--protocol=native,bore", "--port-range=127.0.0.1:20000-29999")) {
      RoleProcess client = BoreProcesses.local(shared.control(), Launcher.ANY, "--secret=right");
      assertThat(failed(CREDENTIALS, client)).contains("the server requires none");
    }
  }

  private static String refused(int code, BoreProcesses.Server server, String... options)
      throws Exception {
    return failed(code, BoreProcesses.local(server.control(), Launcher.ANY, options));
  }

  @Test
  void invalidCommandLineIsReportedInOneLine() throws Exception {
    assertUsageError("bore local: missing LOCAL_PORT (see 'culvert bore local --help')", "local");
    assertUsageError(
        "invalid value '70000' for LOCAL_PORT: expected a port from 0 to 65535",
        "local",
        "70000",
        "--to=127.0.0.1");
    assertUsageError("did you mean '--port'?", "local", "80", "--to=127.0.0.1", "--prot=1");
    assertUsageError("port range is empty", "server", "--min-port=5000", "--max-port=3000");
    assertUsageError(
        "invalid value 'foo' for --bind-addr: expected an IP address", "server", "--bind-addr=foo");
    try (var server = BoreProcesses.server()) {
      String port = "--control-port=" + server.control().port();
      RoleProcess.Ended ended =
          RoleProcess.run("culvert", "bore", "server", "--bind-addr=127.0.0.1", port);
      assertThat(ended.exit()).isEqualTo(FAILURE);
      assertThat(ended.err())
          .isEqualTo(
              "bore server: cannot listen on " + server.control() + ": Address already in use\n");
    }
  }

  private static void assertUsageError(String line, String... arguments) throws Exception {
    var all = new ArrayList<>(List.of("culvert", "bore"));
    all.addAll(List.of(arguments));
    RoleProcess.Ended ended = RoleProcess.run(all.toArray(String[]::new));
    assertThat(ended.exit()).as(ended.err()).isEqualTo(USAGE);
    assertThat(ended.err()).contains(line).hasLineCount(1);
    assertThat(ended.out()).isEmpty();
  }

  @Test
  void visitorsFinishWhenTheClientStops() throws Exception {
    try (var origin = TestServer.echo();
        var server = BoreProcesses.server();
        RoleProcess client = BoreProcesses.local(server.control(), origin.address())) {
      HostPort outside = BoreProcesses.listening(client);
      try (Socket visitor = TestClient.dial(outside)) {
        TestClient.assertEchoes(visitor, "before");
        client.terminate();
        awaitRefusal(outside);
        TestClient.assertEchoes(visitor, "the rest");
      }
      RoleProcess.Ended ended = client.await();
      assertThat(ended.exit()).isZero();
      assertThat(ended.err()).containsPattern("draining visitors=[1-9]\\d* limit=30s");
    }
  }

  @Test
  void visitorsFinishWhenTheServerStops() throws Exception {
    try (var origin = TestServer.echo();
        var server = BoreProcesses.server();
        RoleProcess client = BoreProcesses.local(server.control(), origin.address())) {
      HostPort outside = BoreProcesses.listening(client);
      try (Socket visitor = TestClient.dial(outside)) {
        TestClient.assertEchoes(visitor, "before");
        server.role().terminate();
        awaitRefusal(outside);
        TestClient.assertEchoes(visitor, "the rest");
      }
      RoleProcess.Ended ended = server.role().await();
      assertThat(ended.exit()).isZero();
      assertThat(ended.err()).containsPattern("draining visitors=[1-9]\\d* limit=30s");
      client.err().await("session lost");
    }
  }

  @Test
  void oneRemoteProxyServesNativeAndBoreClients() throws Exception {
    String[] arguments = {
      "remote-proxy",
      "--control-addr=127.0.0.1:0",
      "--bore-addr=127.0.0.1:0",
      "--port-range=127.0.0.1:20000-29999",
      "--bore-secret=abc"
    };
    try (var forNative = TestServer.echo();
        var forBore = TestServer.echo();
        RoleProcess remote = RoleProcess.start(Launcher.USUAL.environment(), arguments)) {
      String[] bound = remote.line().split("remote-proxy: control |, bore |, outside ");
      HostPort control = HostPort.parse(bound[1]);
      HostPort bore = HostPort.parse(bound[2]);
      try (RoleProcess origin =
              Launcher.USUAL.origin(control, forNative.address(), "--outside-port=0");
          RoleProcess client = BoreProcesses.local(bore, forBore.address(), "--secret=abc")) {
        var ofNative = HostPort.parse(origin.line().split("origin-proxy: serving default=")[1]);
        HostPort ofBore = BoreProcesses.listening(client);
        try (Socket one = TestClient.dial(ofNative);
            Socket two = TestClient.dial(ofBore)) {
          TestClient.assertEchoes(one, "native");
          TestClient.assertEchoes(two, "bore's");
          TestClient.assertEchoes(one, "native again");
        }
        assertThat(forNative.accepted()).isOne();
        assertThat(forBore.accepted()).isOne();
        String taken = "--port=" + ofNative.port();
        assertThat(failed(SETTINGS, BoreProcesses.local(bore, Launcher.ANY, "--secret=abc", taken)))
            .contains("port already in use");
        client.kill();
        assertServes(ofNative);
      }
    }
  }
}
